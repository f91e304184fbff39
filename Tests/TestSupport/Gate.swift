import CoreGRPC

/// An event that tests wait for: opened once, passed by everyone afterwards.
public final class Gate: Sendable {
  private let opened = Promise<Void>()

  /// Creates a closed gate.
  public init() {}

  /// Lets everyone pass from now on.
  public func open() { opened.fulfil(()) }

  /// Waits for the gate to open, whether the task is cancelled or not.
  public func pass() async { await opened.value() }
}

/// Waits until the task is cancelled.
public func waitForCancellation() async {
  let gate = Gate()
  await withTaskCancellationHandler {
    await gate.pass()
  } onCancel: {
    gate.open()
  }
}
