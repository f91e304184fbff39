import Glibc

/// A closer of servers' connections, which C-core owns, on a thread that lives while there are some to close.
///
/// `ConnectionClosing.md`, beside this file, explains how it works, and why it harms no other connection.
final class ConnectionCloser: Sendable {
  static let shared = ConnectionCloser()

  /// The results of a request to close a connection.
  enum Outcome: Sendable, Hashable {
    case closed
    /// No connection of that name is open.
    case notFound
    /// The name does not tell the connection from others, such as that of a Unix domain socket.
    case indistinct
    /// The system refused, with this error.
    case failed(Int32)
  }

  private struct Request: Sendable {
    let peer: String
    let ports: Set<UInt16>
    let completion: @Sendable (Outcome) -> Void
  }

  private struct State {
    var requests: [Request] = []
    var isRunning = false
  }

  private let state = Locked(State())

  /// Closes a connection soon.
  ///
  /// Neither blocks, nor calls C-core.
  ///
  /// - Parameters:
  ///   - peer: The client's address, as C-core writes it.
  ///   - ports: The ports on which the server listens.
  ///   - completion: Called on the thread that closes; not called if no thread is available.
  func close(_ peer: String, toPorts ports: Set<UInt16>, completion: @escaping @Sendable (Outcome) -> Void) {
    let isNew = state.withLock { state in
      state.requests.append(Request(peer: peer, ports: ports, completion: completion))
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if isNew, !Thread.spawn(name: "grpc-close", { [self] in run() }) {
      // The next call of a client that is over the limit asks again.
      state.withLock { $0 = State() }
    }
  }

  private func run() {
    while true {
      let requests = state.withLock { state in
        if state.requests.isEmpty { state.isRunning = false }
        defer { state.requests = [] }
        return state.requests
      }
      if requests.isEmpty { return }
      for request in requests { request.completion(Self.closeConnection(of: request.peer, toPorts: request.ports)) }
    }
  }

  /// Closes the connection between a client and one of the ports, if there is exactly one socket of it in the process.
  static func closeConnection(of peer: String, toPorts ports: Set<UInt16>) -> Outcome {
    guard let peer = ConnectionEnd(peer) else { return .indistinct }
    guard let descriptors = ListeningSocket.descriptors() else { return .failed(errno) }
    func isConnection(_ descriptor: Int32) -> Bool {
      guard let end = ConnectionEnd(peerOf: descriptor), end == peer else { return false }
      return ConnectionEnd(localOf: descriptor).map { ports.contains($0.port) } ?? false
    }
    let found = descriptors.filter(isConnection)
    guard let descriptor = found.first else { return .notFound }
    guard found.count == 1 else { return .indistinct }
    // C-core may close its descriptor at any time, and another file may get the number. The copy keeps its file.
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { return .failed(errno) }
    defer { Glibc.close(copy) }
    guard isConnection(copy) else { return .notFound }
    return reset(copy) ? .closed : .failed(errno)
  }

  /// Resets a connection, and drops what it has received: C-core's next read fails.
  ///
  /// After `shutdown` C-core would still read and serve the content of the socket's buffer, up to some megabytes.
  private static func reset(_ socket: Int32) -> Bool {
    var nothing = sockaddr()
    nothing.sa_family = sa_family_t(AF_UNSPEC)
    if unsafe connect(socket, &nothing, socklen_t(MemoryLayout<sockaddr>.size)) == 0 { return true }
    return shutdown(socket, Int32(SHUT_RDWR)) == 0
  }
}
