/// The decision from several looks at a listening socket whether C-core still accepts its connections, as a value.
///
/// C-core 1.51 gives up a listener for good when `accept4` fails, for instance because the process has no descriptor
/// left. The socket stays open, and connections wait in the system. C-core logs that it has failed, but not for which
/// socket, and a program can take C-core's log away from the library.
///
/// A connection that waits is not a proof, as more may come than are accepted at that moment: C-core serves the sockets
/// that are ready in turn, so a listener can wait for thousands of new connections. The polling threads may not get
/// processor time, either. So a look counts only if a thread has polled since the one before, any newly accepted
/// connection begins the count again, and many more looks are needed while C-core has reported no failure.
struct ListenerDiagnosis: Sendable, Hashable {
  enum Verdict: Sendable, Hashable {
    case accepts
    /// A connection waits, and C-core has reported no failure: look again.
    case waits
    /// A connection waits after a failure that C-core has reported: look again soon.
    case unclear
    /// Connections wait, threads poll, and none is accepted.
    case dead
  }

  /// The number of looks in a row that must see a waiting connection after a failure.
  ///
  /// Between two of them a thread has polled, but in a storm of connections not always accepted one.
  static let looks = 8

  /// The number of such looks without a failure, of which there is one each second.
  static let looksWithoutFailure = 30

  private var count = 0
  private var accepted: Set<UInt>?
  /// The number of failures when the socket last proved that it accepts connections.
  private var survivedFailures: Int
  private var lastFailures: Int

  /// - Parameter failures: The number of failures that C-core has reported, of all listeners, before this one began.
  init(failures: Int) {
    survivedFailures = failures
    lastFailures = failures
  }

  /// Takes a look into account.
  ///
  /// - Parameters:
  ///   - isWaiting: Whether a connection waits to be accepted.
  ///   - hasPolled: Whether a thread has polled since the last look.
  ///   - failures: The number of failures that C-core has reported, of all listeners.
  ///   - accepted: Returns the open connections that were accepted, by any numbers; `nil` if the process has no
  ///     descriptor left, so that none can be accepted either. Not called unless a connection waits.
  mutating func look(isWaiting: Bool, hasPolled: Bool, failures: Int, accepted: () -> Set<UInt>?) -> Verdict {
    defer { lastFailures = failures }
    guard isWaiting else {
      count = 0
      self.accepted = nil
      return .accepts
    }
    let now = accepted()
    let isSuspected = failures != survivedFailures || now == nil
    guard count > 0 else {
      count = 1
      self.accepted = now
      return isSuspected ? .unclear : .waits
    }
    guard hasPolled else { return isSuspected ? .unclear : .waits }
    if let now {
      let before = self.accepted
      self.accepted = now
      // Without a count from before, this look is the first.
      guard let before, now.isSubset(of: before) else {
        count = 1
        // A failure since the last look may have come after the connection.
        if before != nil { survivedFailures = lastFailures }
        return failures != survivedFailures ? .unclear : .waits
      }
    }
    count += 1
    if count >= (isSuspected ? Self.looks : Self.looksWithoutFailure) { return .dead }
    return isSuspected ? .unclear : .waits
  }
}
