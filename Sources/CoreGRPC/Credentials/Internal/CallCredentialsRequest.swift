import CGRPC

/// A question of C-core for the metadata of an attempt, which is answered once.
@safe final class CallCredentialsRequest: @unchecked Sendable {
  // Unchecked, because of the pointer, which C-core made for any thread. The lock sees to it that it is used once.

  private struct State {
    var isAnswered = false
    var isAbandoned = false
    var task: Task<Void, Never>?
  }

  private let callback: grpc_credentials_plugin_metadata_cb
  private let userData: UnsafeMutableRawPointer?
  private let state = Locked(State())
  /// C-core waits for the answer.
  private let library = Library()

  init(_ callback: grpc_credentials_plugin_metadata_cb, _ userData: UnsafeMutableRawPointer?) {
    unsafe self.callback = unsafe callback
    unsafe self.userData = unsafe userData
  }

  /// Sets the task that will answer, on the thread that asked.
  func setTask(_ task: Task<Void, Never>) {
    let isAbandoned = state.withLock { state in
      // It may have answered already.
      if !state.isAnswered { state.task = task }
      return state.isAbandoned
    }
    // By a task, because its cancellation handlers are the program's.
    if isAbandoned { Task.detached { task.cancel() } }
  }

  /// Answers the question, unless it has been answered: on another thread than the one that asked.
  func answer(_ result: Result<Metadata, RPCError>) {
    let isAnswered = state.withLock { state in
      defer {
        state.isAnswered = true
        state.task = nil
      }
      return state.isAnswered
    }
    if isAnswered { return }
    switch result {
    case .success(let metadata):
      var entries = unsafe grpc_metadata_array(sending: metadata)
      defer { unsafe entries.destroySent() }
      // C-core takes references of its own.
      unsafe callback(userData, entries.metadata, entries.count, GRPC_STATUS_OK, nil)
    case .failure(let error):
      let code = cgrpc_status_code(Int32(error.code.rawValue))
      unsafe error.textForCore.withCString { unsafe callback(userData, nil, 0, code, $0) }
    }
  }

  /// Cancels the task, and answers in its place.
  func abandon() {
    let task = state.withLock { state in
      state.isAbandoned = true
      return state.task
    }
    answer(.failure(.cancelledTask))
    task?.cancel()
  }
}

extension RPCError {
  /// Creates the error of a call from one that its credentials threw.
  init(callCredentialsFailure error: any Error) {
    self.init(wrapping: error, as: .unavailable, message: "the call credentials are not available")
  }

  /// The text that C-core gets of an error of credentials.
  ///
  /// It appears in C-core's own words alone.
  var textForCore: String { "\(code): \(message)" }
}
