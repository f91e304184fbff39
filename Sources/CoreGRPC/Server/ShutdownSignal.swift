/// Tells calls in progress that their server has begun to shut down: those whose handlers ask, see ``RPCCancellation``.
final class ShutdownSignal: Sendable {
  /// Runs a handler's task, from its first call to its last, in surroundings of the program's.
  typealias TaskWrapper =
    @Sendable (ServerContext.RPCCancellationHandle, @Sendable @escaping () async -> Void) async -> Void

  private struct WeakCancellation {
    weak var value: RPCCancellation?
  }

  private struct State {
    var taskWrapper: TaskWrapper?
    var hasBegun = false
    var cancellations: [WeakCancellation] = []
    /// At how many to look for those that are gone.
    var limit = 64
  }

  private let state = Locked(State())

  /// Has handlers' tasks run in a wrapper, from now on.
  func wrap(_ wrapper: @escaping TaskWrapper) { state.withLock { $0.taskWrapper = wrapper } }

  /// Runs what a handler's task does, in the wrapper if there is one.
  func runTask(on executor: (any TaskExecutor)?, _ body: @Sendable @escaping () async -> Void) async {
    guard let wrapper = state.withLock({ $0.taskWrapper }) else { return await body() }
    let cancellation = RPCCancellation(executor: executor)
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
