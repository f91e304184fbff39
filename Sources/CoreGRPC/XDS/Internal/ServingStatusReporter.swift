/// A reporter of the serving status of an xDS server's addresses to the program's closure or, without one, to the log.
///
/// C-core reports a status while it holds locks. So this keeps it, and a thread of its own calls the closure, or the
/// handler of the log.
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
    while let (address, status) = next() {
      if status == .serving { Self.waitForListener(at: address) }
      if let hook { hook(address, status) } else { Self.log(address, status) }
    }
  }

  /// Waits until a socket listens at an address, for a second at most: gRPC 1.51 opens it when it has reported so.
  private static func waitForListener(at address: ListenAddress) {
    let end = ContinuousClock.now + .seconds(1)
    let pause = Semaphore()
    while !ListeningSocket.all().contains(where: { $0.listens(at: address) }), ContinuousClock.now < end {
      // C-core tells nobody when it has.
      pause.wait(atMost: .milliseconds(2))
    }
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
