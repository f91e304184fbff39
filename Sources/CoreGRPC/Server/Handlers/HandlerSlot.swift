import CConcurrency

/// The call that a handler's task serves at the moment: a task serves one call after the other.
@safe final class HandlerSlot: @unchecked Sendable {
  // Unchecked, because of the variables. After `init` the task alone writes them, and it alone reads `call`. It writes
  // `task` before it runs a handler. Code outside of the task that finds the object compares `task`, and looks no
  // further.

  @TaskLocal static var current: HandlerSlot?

  private var task: UnsafeRawPointer?
  private var call: ServerCall?

  /// - Parameter call: The call that is served first.
  init(serving call: ServerCall) { self.call = call }

  /// Runs the handlers of the first call, and of those that follow in the same task, in the task.
  func run(_ body: () async -> Void) async {
    unsafe task = cconcurrency_current_task()
    await Self.$current.withValue(self) { await body() }
  }

  /// Names, in the task, the call that it serves now; `nil` when a call has been served.
  func serve(_ call: ServerCall?) { self.call = call }

  /// The call that the current task serves, if it is the handler's own.
  ///
  /// Not in child tasks and others that have inherited the object: those may outlast the call, when the handler's task
  /// serves another one.
  var callOfCurrentTask: ServerCall? { unsafe task == cconcurrency_current_task() ? call : nil }
}
