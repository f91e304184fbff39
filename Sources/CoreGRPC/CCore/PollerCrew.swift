/// How many threads poll a queue, by what they are found doing.
///
/// One thread that polls and runs handlers, one after the other, costs the fewest wake-ups. More are of use only when handlers
/// compute: then the one thread is found in a program's code nearly always.
struct PollerCrew: Sendable, Hashable {
  /// What to do about it.
  enum Change: Sendable, Hashable {
    case none
    /// Another thread shall poll too.
    case add
    /// One thread less shall poll.
    case remove
  }

  /// After how many looks to decide.
  static let looksPerDecision = 8

  private let smallest: Int
  private let largest: Int

  /// How many threads poll or run handlers, those that are stuck not counted.
  private(set) var active: Int

  private var looks = 0
  private var running = 0

  /// - Parameters:
  ///   - smallest: How many threads poll at least.
  ///   - largest: How many threads poll at most.
  init(smallest: Int, largest: Int) {
    self.smallest = smallest
    self.largest = max(smallest, largest)
    self.active = smallest
  }

  /// The threads were looked at, at a time that has nothing to do with what they do.
  ///
  /// - Parameter runningCount: How many of them were in a program's code.
  mutating func look(runningCount: Int) -> Change {
    looks += 1
    running += runningCount
    guard looks == Self.looksPerDecision else { return .none }
    // Out of all looks at all threads.
    let share = Double(running) / Double(looks * active)
    looks = 0
    running = 0
    if share > 0.7, active < largest {
      active += 1
      return .add
    }
    // Well below what one thread less would have to do, so that it does not go up and down.
    if active > smallest, share * Double(active) < 0.4 * Double(active - 1) {
      active -= 1
      return .remove
    }
    return .none
  }
}
