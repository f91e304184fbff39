import CGRPC

/// A slot for incoming calls, one after the other, with the memory that C-core writes a call to.
@safe final class CallSlot: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  /// A function that the slot calls when it has a call to be taken, or will have none.
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
    unsafe memory.initialize(to: cgrpc_incoming_call())
    unsafe grpc_call_details_init(&memory.pointee.details)
    unsafe memory.pointee.metadata = .empty
  }

  deinit {
    unsafe grpc_call_details_destroy(&memory.pointee.details)
    unsafe grpc_metadata_array_destroy(&memory.pointee.metadata)
    if let message = unsafe memory.pointee.message { unsafe grpc_byte_buffer_destroy(message) }
    unsafe memory.deallocate()
  }

  /// The place where C-core stores the first message, if the server asks for it.
  var message: UnsafeMutablePointer<UnsafeMutablePointer<grpc_byte_buffer>?>? {
    // A member of the memory, which lives as long as this object.
    unsafe UnsafeMutableRawPointer(memory).advanced(by: MemoryLayout<cgrpc_incoming_call>.offset(of: \.message) ?? 0)
      .assumingMemoryBound(to: UnsafeMutablePointer<grpc_byte_buffer>?.self)
  }

  /// The path of the method that was called, for a method that is not registered with C-core.
  ///
  /// Valid while the slot has a call to be taken.
  var path: String { unsafe memory.pointee.details.method.text }

  /// The time left until the caller's deadline; `nil` without one.
  ///
  /// Valid while the slot has a call to be taken.
  var timeout: Duration? {
    unsafe method == nil ? memory.pointee.details.deadline.remaining : memory.pointee.deadline.remaining
  }

  /// Returns the time at which the age of the connection ends the call; `nil` for never.
  ///
  /// Valid while the slot has a call to be taken.
  func end(by ages: ConnectionAges) -> UInt64? {
    guard let call = unsafe memory.pointee.call, let connection = unsafe AuthContext(call: call)?.connection else {
      return nil
    }
    return ages.end(of: connection) { unsafe AuthContext.keeper(of: call) }
  }

  /// Takes the call, after which the slot can be posted again.
  func takeCall() -> (handle: OpaquePointer, message: UnsafeMutablePointer<grpc_byte_buffer>?) {
    guard let handle = unsafe memory.pointee.call else { preconditionFailure("the slot has no call") }
    let message = unsafe memory.pointee.message
    unsafe memory.pointee.call = nil
    unsafe memory.pointee.message = nil
    if method == nil {
      unsafe grpc_call_details_destroy(&memory.pointee.details)
      unsafe grpc_call_details_init(&memory.pointee.details)
    }
    return unsafe (handle, message)
  }

  override func complete(succeeded: Bool) {
    unsafe accept(self, succeeded && memory.pointee.call != nil)
  }
}
