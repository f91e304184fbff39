/// The operation of the batches that send the messages of a call, or of those that receive them: one after the other.
@safe final class MessageOperation: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  /// Either ``CallOperations/sendMessage`` or ``CallOperations/receiveMessage``.
  let operations: CallOperations

  private let call: Unmanaged<Call>

  init(_ operations: CallOperations, of call: Call) {
    self.operations = operations
    // The call owns this object, and only C-core holds it, too, after `begin()`.
    unsafe self.call = Unmanaged.passUnretained(call)
  }

  /// Retains the call until the next ``end()`` or ``complete(succeeded:)``.
  func begin() { _ = unsafe call.retain() }

  /// Releases the call, because there will be no event.
  func end() { unsafe call.release() }

  override func complete(succeeded: Bool) {
    unsafe call.takeRetainedValue().messageEnded(operations, succeeded: succeeded)
  }
}
