/// What has become of the latest message that a call sends, or of the one that it receives.
struct MessageProgress {
  private enum Stage {
    /// It is not to be started yet; C-core will get the flags with it.
    case held(flags: UInt32)
    case underWay
    case awaited(UnsafeContinuation<Bool, Never>)
    case done(succeeded: Bool)
  }

  private var stage = Stage.done(succeeded: false)

  /// Whether it is not to be started yet.
  var isHeld: Bool { if case .held = stage { true } else { false } }

  mutating func hold(flags: UInt32) { stage = .held(flags: flags) }

  mutating func start() { stage = .underWay }

  /// Starts a message that was held back.
  ///
  /// - Returns: Its flags; `nil` if it was not held back.
  mutating func startHeld() -> UInt32? {
    guard case .held(let flags) = stage else { return nil }
    stage = .underWay
    return flags
  }

  /// The message has been sent or received, will not be, or nobody shall wait for it any longer.
  ///
  /// - Returns: Who waits for it.
  mutating func end(succeeded: Bool) -> UnsafeContinuation<Bool, Never>? {
    defer { stage = .done(succeeded: succeeded) }
    guard case .awaited(let waiter) = stage else { return nil }
    return waiter
  }

  /// Has a task wait for the message.
  ///
  /// - Returns: Whether it has succeeded, if it is done: then the task is not to wait.
  mutating func wait(_ waiter: UnsafeContinuation<Bool, Never>) -> Bool? {
    if case .done(let succeeded) = stage { return succeeded }
    stage = .awaited(waiter)
    return nil
  }
}
