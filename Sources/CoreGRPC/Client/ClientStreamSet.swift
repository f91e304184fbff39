/// The streams that a call has started: more than one when an interceptor tries again.
final class ClientStreamSet: Sendable {
  private struct State {
    var streams: [ClientStream] = []
    var isCancelled = false
  }

  private let state = Locked(State())

  /// Takes a stream, which is cancelled at once if the call was.
  func insert(_ stream: ClientStream) {
    let isCancelled = state.withLock { state in
      state.streams.append(stream)
      return state.isCancelled
    }
    if isCancelled { stream.cancel() }
  }

  /// Cancels the streams, and those to come.
  func cancel() {
    let streams = state.withLock { state in
      state.isCancelled = true
      return state.streams
    }
    for stream in streams { stream.cancel() }
  }

  /// Cancels what is left of the streams, and waits for their ends.
  func finish() async {
    for stream in state.withLock({ $0.streams }) { await stream.finish() }
  }
}
