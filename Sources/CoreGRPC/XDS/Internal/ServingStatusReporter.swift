/// A reporter of the serving status of an xDS server's addresses to the program's closure or, without one, to the log.
///
/// C-core reports a status while it holds locks. So this keeps it, and a thread of its own calls the closure.
final class ServingStatusReporter: Sendable {
  typealias Status = Server.Configuration.XDS.ServingStatus

  /// The largest number of changes that wait while the program's closure runs.
  private static let largestQueue = 256

  private struct State {
    var waiting: [(address: ListenAddress, status: Status)] = []
    /// Whether a thread calls the closure, or is about to.
    var isRunning = false
  }

  private let hook: (@Sendable (ListenAddress, Status) -> Void)?
  private let state = Locked(State())

  /// - Parameter hook: The program's closure; `nil` for the log.
  init(_ hook: (@Sendable (ListenAddress, Status) -> Void)?) { self.hook = hook }

  /// Reports a status, on any thread; neither blocks nor runs the program's closure.
  func report(_ address: ListenAddress, _ status: Status) {
    guard hook != nil else { return Self.log(address, status) }
    let begins = state.withLock { state in
      if state.waiting.count == Self.largestQueue { state.waiting.removeFirst() }
      state.waiting.append((address, status))
      defer { state.isRunning = true }
      return !state.isRunning
    }
    // Without a thread the next change tries again.
    if begins, !Thread.spawn(name: "grpc-xds", { [self] in run() }) { state.withLock { $0.isRunning = false } }
  }

  private func run() {
    while let (address, status) = next() { hook?(address, status) }
  }

  private func next() -> (ListenAddress, Status)? {
    state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.isRunning = false
      return nil
    }
  }

  private static func log(_ address: ListenAddress, _ status: Status) {
    switch status {
    case .serving:
      CoreGRPCLog.reportOfServer(.info, "the server accepts connections on \(address), as the xDS control plane says")
    case .notServing(let reason):
      CoreGRPCLog.reportOfServer(.error, "the server accepts no connections on \(address): \(reason)")
    }
  }
}
