/// An operation that only calls a function.
final class CallbackOperation: Operation, @unchecked Sendable {
  // Unchecked as its superclass is; the callback is Sendable.

  private let callback: @Sendable () -> Void

  init(_ callback: @escaping @Sendable () -> Void) { self.callback = callback }

  override func complete(succeeded: Bool) { callback() }
}
