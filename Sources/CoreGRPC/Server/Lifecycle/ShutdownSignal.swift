/// The signal to calls in progress that their server has begun to shut down, for the calls whose handlers ask: see
/// ``RPCCancellation``.
final class ShutdownSignal: Sendable {
  /// A function that runs a handler's task, from its first call to its last, inside code of the program.
  typealias TaskWrapper =
    @Sendable (ServerContext.RPCCancellationHandle, @Sendable @escaping () async -> Void) async -> Void

  private struct WeakCancellation {
    weak var value: RPCCancellation?
  }

  private struct State {
    var taskWrapper: TaskWrapper?
    var hasBegun = false
    var cancellations: [WeakCancellation] = []
    /// The count at which to remove the cancellations that no longer exist.
    var limit = 64
  }

  private let state = Locked(State())

  /// Sets the wrapper in which handlers' tasks run from now on.
  func wrap(_ wrapper: @escaping TaskWrapper) {
    let old = state.withLock { state in
      defer { state.taskWrapper = wrapper }
      return state.taskWrapper
    }
    // Not under the lock: this may release objects that the program's closure captures.
    _ = consume old
  }

  /// Runs the work of a handler's task, in the wrapper if there is one.
  func runTask(on executor: (any TaskExecutor)?, _ body: @Sendable @escaping () async -> Void) async {
    guard let wrapper = state.withLock({ $0.taskWrapper }) else { return await body() }
    let cancellation = RPCCancellation { body in Task(executorPreference: executor) { body() } }
    add(cancellation)
    await wrapper(ServerContext.RPCCancellationHandle(cancellation), body)
  }

  /// Cancels a call when the shutdown begins, if the object still exists then.
  func add(_ cancellation: RPCCancellation) {
    let hasBegun = state.withLock { state in
      guard !state.hasBegun else { return true }
      if state.cancellations.count >= state.limit {
        state.cancellations.removeAll { $0.value == nil }
        state.limit = max(64, 2 * state.cancellations.count)
      }
      state.cancellations.append(WeakCancellation(value: cancellation))
      return false
    }
    if hasBegun { cancellation.cancel(for: .serverShutdown) }
  }

  /// Begins the shutdown.
  func begin() {
    let cancellations = state.withLock { state in
      state.hasBegun = true
      defer { state.cancellations = [] }
      return state.cancellations
    }
    for cancellation in cancellations { cancellation.value?.cancel(for: .serverShutdown) }
  }
}
