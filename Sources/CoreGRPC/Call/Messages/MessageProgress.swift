/// The state of the latest message that a call sends, or of the one that it receives.
struct MessageProgress {
  @safe private enum Stage {
    // Safe, because `awaited` is left as its continuation is resumed, under the lock of the call: so it is resumed
    // once.

    /// A poller defers it; C-core will get the flags with it.
    case deferred(flags: UInt32)
    case underWay
    case awaited(UnsafeContinuation<Bool, Never>)
    case done(succeeded: Bool)
  }

  private var stage = Stage.done(succeeded: false)

  /// Whether a poller defers it.
  var isDeferred: Bool { if case .deferred = stage { true } else { false } }

  mutating func `defer`(flags: UInt32) { stage = .deferred(flags: flags) }

  mutating func start() { stage = .underWay }

  /// Starts a deferred message.
  ///
  /// - Returns: Its flags; `nil` if it was not deferred.
  mutating func startDeferred() -> UInt32? {
    guard case .deferred(let flags) = stage else { return nil }
    stage = .underWay
    return flags
  }

  /// Ends the message: it has been sent or received, will not be, or no task is to wait for it any longer.
  ///
  /// - Returns: The task that waits for it.
  mutating func end(succeeded: Bool) -> UnsafeContinuation<Bool, Never>? {
    defer { stage = .done(succeeded: succeeded) }
    guard case .awaited(let waiter) = stage else { return nil }
    return unsafe waiter
  }

  /// Makes a task wait for the message.
  ///
  /// - Returns: Whether the message has succeeded, if it is done: then the task is not to wait.
  mutating func wait(_ waiter: UnsafeContinuation<Bool, Never>) -> Bool? {
    if case .done(let succeeded) = stage { return succeeded }
    stage = unsafe .awaited(waiter)
    return nil
  }
}
