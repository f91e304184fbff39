import CoreGRPC

/// Records the calls of servers and channels.
final class CallRecorder: ServerCallObserver, ClientCallObserver {
  /// A call that is over.
  struct Ended: Sendable {
    var path: String
    var method: MethodDescriptor?
    var code: Status.Code
    var traffic: CallTraffic
    var remotePeer: String
    var duration: Duration
    // Of a server.
    var refusal: RefusedCall.Reason?
    var metadata = Metadata()
    // Of a channel.
    var target = ""
    var attempts: Int?
  }

  private struct State {
    var started = 0
    var ended: [Ended] = []
    var methods: [MethodDescriptor?] = []
  }

  private let state = Locked(State())

  /// The number of calls that have begun.
  var started: Int { state.withLock { $0.started } }

  /// The calls that are over.
  var ended: [Ended] { state.withLock { $0.ended } }

  /// The methods for which an observer was asked for.
  var methods: [MethodDescriptor?] { state.withLock { $0.methods } }

  func observer(forMethod method: MethodDescriptor?) -> any ServerCallObserver {
    state.withLock { $0.methods.append(method) }
    return self
  }

  func observer(forMethod method: MethodDescriptor?, target: String) -> any ClientCallObserver {
    state.withLock { $0.methods.append(method) }
    return self
  }

  func callStarted() { state.withLock { $0.started += 1 } }

  func callEnded(_ call: borrowing EndedServerCall) {
    add(
      Ended(
        path: call.path,
        method: call.method,
        code: call.code,
        traffic: call.traffic,
        remotePeer: call.remotePeer,
        duration: call.duration,
        refusal: call.refusal,
        metadata: call.metadata
      )
    )
  }

  func callEnded(_ call: borrowing EndedClientCall) {
    add(
      Ended(
        path: "/\(call.method)",
        method: call.method,
        code: call.code,
        traffic: call.traffic,
        remotePeer: call.remotePeer,
        duration: call.duration,
        target: call.target,
        attempts: call.attempts
      )
    )
  }

  private func add(_ call: Ended) {
    state.withLock { state in
      state.ended.append(call)
      precondition(state.ended.count <= state.started, "a call has ended that has not begun, or twice")
    }
  }
}
