/// The attempts of a call that interceptors or observers see; made only for such calls.
final class ClientAttempts: Sendable {
  private struct State {
    var call: Call?
    /// The last known address of the server.
    var remotePeer: String?
    /// The functions that interceptors have the call's end call.
    var endClosures: [@Sendable (borrowing EndedClientCall) -> Void] = []
  }

  private let state = Locked(State())

  /// Notes that another attempt begins.
  func began(_ call: Call) { state.withLock { $0.call = call } }

  /// Notes that an attempt ends, before its C call is released.
  func willEnd(_ call: Call) {
    let peer = call.peer
    state.withLock { state in
      guard state.call === call else { return }
      state.call = nil
      state.remotePeer = peer
    }
  }

  /// Adds a function for the end of the call.
  func onEnd(_ body: @escaping @Sendable (borrowing EndedClientCall) -> Void) {
    state.withLock { $0.endClosures.append(body) }
  }

  /// Takes the functions for the end of the call.
  func takeEndClosures() -> [@Sendable (borrowing EndedClientCall) -> Void] {
    state.withLock { state in
      defer { state.endClosures = [] }
      return state.endClosures
    }
  }

  /// The server's address, once there was a connection.
  var remotePeer: String? {
    let (call, last) = state.withLock { ($0.call, $0.remotePeer) }
    return call?.peer ?? last
  }

  /// This end's address, while there is a connection.
  var localPeer: String? {
    state.withLock { $0.call }?.peer.flatMap { ConnectionEnd.local(ofConnectionTo: $0)?.description }
  }
}
