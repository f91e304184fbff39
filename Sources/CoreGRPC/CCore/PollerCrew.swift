/// How many threads poll a queue, by what they are found doing.
///
/// One thread that polls and runs handlers, one after the other, costs the fewest wake-ups. Whether one more gets more done
/// depends on handlers, on clients and on what else the machine does, so it is tried when the threads have no time left and the
/// machine has: a thread more stays when more gets done with it. When nobody has time left, a thread less is tried, too. What
/// fails is tried again later and later.
struct PollerCrew: Sendable, Hashable {
  /// What to do about it.
  enum Change: Sendable, Hashable {
    case none
    /// Another thread shall poll too.
    case add
    /// One thread less shall poll.
    case remove
  }

  /// What was found out about the active threads, together, at a time that has nothing to do with what they do.
  struct Look: Sendable, Hashable {
    /// How long ago the look before was.
    var elapsed: Duration
    /// How many threads are in a program's code.
    var runningCount = 0
    /// How many events have had tasks run since.
    var eventCount: UInt64 = 0
  }

  /// What can be found out about a window when it ends.
  struct Use {
    /// What the system has counted of the active threads since this was last asked, all together.
    var threads: () -> ThreadLoad.Totals
    /// How many processors have had nothing to do, on average, since this was last asked; zero if that is long ago.
    var idleProcessors: () -> Double
  }

  /// How long to watch before deciding: some ticks of the clock by which the system counts idle time.
  static let window = Duration.milliseconds(32)

  /// How many windows a trial takes.
  static let trialWindowCount = 3

  /// How long to wait after one trial before the next: ``pauseGrowth`` times as long after each that failed.
  static let leastPause = Duration.milliseconds(64), greatestPause = Duration.milliseconds(4096)
  static let pauseGrowth = 4

  /// How many processors must have nothing to do before a thread more is tried.
  ///
  /// With less than that it hardly gets enough more done to stay, and each trial costs time.
  static let leastRoom = 0.4

  /// How long a thread more stays before one less is tried, which costs more than a trial of one more: twice as long after each
  /// that failed.
  static let leastStay = Duration.milliseconds(512), greatestStay = Duration.milliseconds(8192)

  private let smallest: Int
  private let largest: Int

  /// How many threads poll or run handlers, those that are stuck not counted.
  private(set) var active: Int

  private var seen = Look(elapsed: .zero)
  private var lookCount = 0
  /// The windows in which the threads have had no time left, without one in between in which they had.
  private var busyWindowCount = 0
  /// The events a second and the idle processors, lately: one window tells little about either.
  private var rate: RunningAverage?
  private var idleProcessors = RunningAverage(value: 0)
  private var trial: Trial?
  private var pause = PollerCrew.leastPause
  private var pauseLeft = Duration.zero
  private var stay = PollerCrew.leastStay
  private var stayLeft = Duration.zero

  /// A number of threads that has to prove itself.
  private struct Trial: Sendable, Hashable {
    var change: Change
    /// The events a second before it.
    var rateBefore: Double
    /// The windows that it has taken: in the first one everybody finds a new place.
    var windowCount = 0
    /// The sum of the events a second in the others.
    var rateSum = 0.0
  }

  /// An average in which what is longer ago counts less.
  private struct RunningAverage: Sendable, Hashable {
    private(set) var value: Double

    mutating func add(_ new: Double) { value = 0.5 * value + 0.5 * new }
  }

  /// - Parameters:
  ///   - smallest: How many threads poll at least.
  ///   - largest: How many threads poll at most.
  init(smallest: Int, largest: Int) {
    self.smallest = smallest
    self.largest = max(smallest, largest)
    self.active = smallest
  }

  /// Nobody has looked for some time: what was seen and tried before tells nothing about now.
  mutating func restart() {
    seen = Look(elapsed: .zero)
    lookCount = 0
    busyWindowCount = 0
    rate = nil
    idleProcessors = RunningAverage(value: 0)
    trial = nil
    pause = Self.leastPause
    pauseLeft = .zero
    stay = Self.leastStay
    stayLeft = .zero
  }

  /// The threads were looked at.
  ///
  /// - Parameter use: Is asked at the end of a window alone.
  mutating func look(_ look: Look, _ use: Use) -> Change {
    lookCount += 1
    seen.elapsed += look.elapsed
    seen.runningCount += look.runningCount
    seen.eventCount += look.eventCount
    guard seen.elapsed >= Self.window else { return .none }
    defer {
      seen = Look(elapsed: .zero)
      lookCount = 0
    }
    let change = decide(use)
    switch change {
    case .none: break
    case .add: active += 1
    case .remove: active -= 1
    }
    return change
  }

  /// The thread that was to be added could not be had.
  mutating func additionFailed() {
    active -= 1
    trial = nil
  }

  private mutating func decide(_ use: Use) -> Change {
    let newRate = Double(seen.eventCount) / (seen.elapsed / .seconds(1))
    let threads = use.threads()
    let busy = threads.busyTime / seen.elapsed
    // How many threads' time was taken. A handler that waits takes it without using a processor.
    let load = max(busy, Double(seen.runningCount) / Double(lookCount))
    if var trial {
      trial.windowCount += 1
      if trial.windowCount > 1 { trial.rateSum += newRate }
      self.trial = trial
      return trial.windowCount < Self.trialWindowCount ? .none : conclude(trial)
    }
    rate?.add(newRate)
    let usualRate = rate ?? RunningAverage(value: newRate)
    rate = usualRate
    pauseLeft -= min(pauseLeft, seen.elapsed)
    stayLeft -= min(stayLeft, seen.elapsed)
    if active > smallest, load < 0.6 * Double(active - 1) { return .remove }
    // Threads that sleep between the events have time left, however short. Others lose the processor now and then, too.
    let sleeps = threads.turnCount > max(12, seen.eventCount / 32)
    guard load > 0.85 * Double(active), !sleeps || busy < 0.5 * Double(active) else {
      // They have time left, so that nothing is lost by trying again soon.
      pause = Self.leastPause
      busyWindowCount = 0
      return active > smallest && stayLeft == .zero ? begin(.remove, usualRate.value) : .none
    }
    busyWindowCount += 1
    let newIdleProcessors = use.idleProcessors()
    guard busyWindowCount > 1 else {
      // The load may have begun in its middle, so that it tells neither how much gets done nor what is idle.
      rate = nil
      return .none
    }
    idleProcessors.add(newIdleProcessors)
    let hasRoom = idleProcessors.value > Self.leastRoom || busy < 0.5 * Double(active)
    if hasRoom { return active < largest && pauseLeft == .zero ? begin(.add, usualRate.value) : .none }
    return active > smallest && stayLeft == .zero ? begin(.remove, usualRate.value) : .none
  }

  private mutating func begin(_ change: Change, _ rateBefore: Double) -> Change {
    trial = Trial(change: change, rateBefore: rateBefore)
    return change
  }

  /// Goes back if the trial did not pay.
  ///
  /// A thread more must get more done; one less must not get less done.
  private mutating func conclude(_ trial: Trial) -> Change {
    let rate = trial.rateSum / Double(trial.windowCount - 1)
    let pays = trial.change == .add ? rate > 1.15 * trial.rateBefore : rate > 0.9 * trial.rateBefore
    self.trial = nil
    self.rate = nil
    idleProcessors = RunningAverage(value: 0)
    switch trial.change {
    case .add:
      pause = pays ? Self.leastPause : min(pause * Self.pauseGrowth, Self.greatestPause)
      pauseLeft = pause
      stay = Self.leastStay
      stayLeft = stay
    case .remove:
      if !pays { stay = min(stay * 2, Self.greatestStay) }
      stayLeft = stay
      pauseLeft = pause
    case .none: break
    }
    guard !pays else { return .none }
    return trial.change == .add ? .remove : .add
  }
}
