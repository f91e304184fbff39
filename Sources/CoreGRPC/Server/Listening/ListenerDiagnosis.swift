/// The decision from several looks at a listening socket whether C-core still accepts its connections, as a value.
///
/// C-core 1.51 gives up a listener for good when `accept4` fails, for instance because the process has no descriptor
/// left. The socket stays open, and connections wait in the system. A connection that waits is not a proof, as more may
/// come than are accepted at that moment, and the polling threads may not get processor time: so a look counts only if
/// a thread has polled since the one before, and any newly accepted connection begins the count again.
struct ListenerDiagnosis: Sendable, Hashable {
  enum Verdict: Sendable, Hashable {
    case accepts
    /// A connection waits: look again soon.
    case unclear
    /// Connections wait, threads poll, and none is accepted.
    case dead
  }

  /// The number of looks in a row that must see a waiting connection.
  ///
  /// Between two of them a thread has polled, but in a storm of connections not always accepted one.
  static let looks = 8

  private var count = 0
  private var accepted: Set<UInt>?

  /// Takes a look into account.
  ///
  /// - Parameters:
  ///   - isWaiting: Whether a connection waits to be accepted.
  ///   - hasPolled: Whether a thread has polled since the last look.
  ///   - accepted: Returns the open connections that were accepted, by any numbers; `nil` if the process has no
  ///     descriptor left, so that none can be accepted either. Not called unless a connection waits.
  mutating func look(isWaiting: Bool, hasPolled: Bool, accepted: () -> Set<UInt>?) -> Verdict {
    guard isWaiting else {
      self = Self()
      return .accepts
    }
    guard count > 0 else {
      count = 1
      self.accepted = accepted()
      return .unclear
    }
    guard hasPolled else { return .unclear }
    if let now = accepted() {
      let before = self.accepted
      self.accepted = now
      // Without a count from before, this look is the first.
      guard let before, now.isSubset(of: before) else {
        count = 1
        return .unclear
      }
    }
    count += 1
    return count >= Self.looks ? .dead : .unclear
  }
}
