/// The streams that a call has started: more than one when an interceptor retries.
final class ClientStreamSet: Sendable {
  private struct State {
    var streams: [ClientStream] = []
    var isCancelled = false
  }

  private let state = Locked(State())

  /// Adds a stream, and cancels it immediately if the call was cancelled.
  func insert(_ stream: ClientStream) {
    let isCancelled = state.withLock { state in
      state.streams.append(stream)
      return state.isCancelled
    }
    if isCancelled { stream.cancel() }
  }

  /// Cancels the streams, and those that are added later.
  func cancel() {
    let streams = state.withLock { state in
      state.isCancelled = true
      return state.streams
    }
    for stream in streams { stream.cancel() }
  }

  /// Cancels the rest of the streams, and waits for their ends.
  func finish() async {
    for stream in state.withLock({ $0.streams }) { await stream.finish() }
  }
}
