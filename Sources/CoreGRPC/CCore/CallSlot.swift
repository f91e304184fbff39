import CGRPC

/// A slot for incoming calls, one after the other, with the memory that C-core writes a call to.
final class CallSlot: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  /// Called when the slot has a call to be taken, or will have none.
  typealias Accept = @Sendable (CallSlot, _ hasCall: Bool) -> Void

  let memory = UnsafeMutablePointer<cgrpc_incoming_call>.allocate(capacity: 1)
  let queue: CompletionQueue
  let method: RegisteredMethod?
  let limits: CallLimits
  private let accept: Accept

  init(queue: CompletionQueue, method: RegisteredMethod?, limits: CallLimits, accept: @escaping Accept) {
    self.queue = queue
    self.method = method
    self.limits = limits
    self.accept = accept
    memory.initialize(to: cgrpc_incoming_call())
    grpc_call_details_init(&memory.pointee.details)
    memory.pointee.metadata = .empty
  }

  deinit {
    grpc_call_details_destroy(&memory.pointee.details)
    grpc_metadata_array_destroy(&memory.pointee.metadata)
    if let message = memory.pointee.message { grpc_byte_buffer_destroy(message) }
    memory.deallocate()
  }

  /// Where C-core puts the first message, if it is asked to.
  var message: UnsafeMutablePointer<UnsafeMutablePointer<grpc_byte_buffer>?>? {
    // A member of the memory, which lives as long as this object.
    UnsafeMutableRawPointer(memory).advanced(by: MemoryLayout<cgrpc_incoming_call>.offset(of: \.message) ?? 0)
      .assumingMemoryBound(to: UnsafeMutablePointer<grpc_byte_buffer>?.self)
  }

  /// The path of the method that was called, if it is none that C-core knows.
  ///
  /// While there is a call to be taken.
  var path: String { memory.pointee.details.method.text }

  /// The time left until the caller's deadline; `nil` without one.
  ///
  /// While there is a call to be taken.
  var timeout: Duration? {
    method == nil ? memory.pointee.details.deadline.remaining : memory.pointee.deadline.remaining
  }

  /// Takes the call, after which the slot can be posted again.
  func takeCall() -> (handle: OpaquePointer, message: UnsafeMutablePointer<grpc_byte_buffer>?) {
    guard let handle = memory.pointee.call else { preconditionFailure("a call is taken once") }
    let message = memory.pointee.message
    memory.pointee.call = nil
    memory.pointee.message = nil
    if method == nil {
      grpc_call_details_destroy(&memory.pointee.details)
      grpc_call_details_init(&memory.pointee.details)
    }
    return (handle, message)
  }

  override func complete(succeeded: Bool) {
    accept(self, succeeded && memory.pointee.call != nil)
  }
}
