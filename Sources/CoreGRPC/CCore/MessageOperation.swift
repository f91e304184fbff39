/// The operation of the batches that send the messages of a call, or of those that receive them: one after the other.
final class MessageOperation: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  /// Either ``CallOperations/sendMessage`` or ``CallOperations/receiveMessage``.
  let operations: CallOperations

  private let call: Unmanaged<Call>

  init(_ operations: CallOperations, of call: Call) {
    self.operations = operations
    // The call owns this object, and nobody else does but C-core, after `begin()`.
    self.call = Unmanaged.passUnretained(call)
  }

  /// Holds the call from now on, until the next ``end()`` or ``complete(succeeded:)``.
  func begin() { _ = call.retain() }

  /// There will be no event.
  func end() { call.release() }

  override func complete(succeeded: Bool) { call.takeRetainedValue().messageEnded(operations, succeeded: succeeded) }
}
