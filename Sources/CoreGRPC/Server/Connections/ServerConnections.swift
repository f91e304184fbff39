import Glibc

/// The connections of a server, by the ports on which it listens, which closes those whose clients cancel too much.
final class ServerConnections: Sendable {
  private struct State {
    var ports: Set<UInt16> = []
    var closes = true
  }

  private let state = Locked(State())

  /// The log's limit: a client can reconnect immediately.
  private let log = Locked(LogLimit())

  /// Adds ports on which the server listens.
  func add(ports: [UInt16]) { state.withLock { $0.ports.formUnion(ports) } }

  /// Stops closing connections: the server shuts down, and cancels the calls itself.
  func stayOpen() { state.withLock { $0.closes = false } }

  /// Closes a connection whose client has cancelled too many calls: neither blocks, nor calls C-core.
  func close(_ peer: String, cancelledCount: Int) {
    let (ports, closes) = state.withLock { ($0.ports, $0.closes) }
    guard closes else { return }
    ConnectionCloser.shared.close(peer, toPorts: ports) { [self] outcome in
      let client = "\(peer), which has cancelled \(cancelledCount) calls before they were answered"
      switch outcome {
      case .closed: report("closed the connection of \(client): more than the server's cancellationLimit allows")
      // The connection is closed already.
      case .notFound: break
      case .indistinct: report("left a connection open, because several match \(client)")
      case .failed(let error):
        report(unsafe "cannot close the connection of \(client): \(String(cString: strerror(error)))")
      }
    }
  }

  private func report(_ message: String) {
    guard let skipped = log.withLock({ $0.admit() }) else { return }
    CoreGRPCLog.reportOfServer(.error, message + LogLimit.note(skipped: skipped))
  }
}
