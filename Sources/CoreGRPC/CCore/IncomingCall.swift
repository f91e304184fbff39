import CGRPC

/// A call that came in, whose C object nobody has taken yet.
struct IncomingCall: ~Copyable {
  /// The method's path; empty if the method is a registered one.
  let path: String

  /// The time left until the caller's deadline; `nil` without one.
  let timeout: Duration?

  private let handle: OpaquePointer
  private let metadata: Metadata
  private let message: UnsafeMutablePointer<grpc_byte_buffer>?
  private let queue: CompletionQueue
  private let inflationLimit: Int?

  /// Takes a call out of the slot that it came to, which can then be posted again.
  ///
  /// - Returns: `nil` if there is no call.
  fileprivate init?(from slot: CallSlot) {
    let memory = slot.memory
    guard let handle = memory.pointee.call else { return nil }
    self.handle = handle
    metadata = memory.pointee.metadata.received
    message = memory.pointee.message
    queue = slot.queue
    inflationLimit = slot.inflationLimit
    if slot.method == nil {
      path = memory.pointee.details.method.text
      timeout = memory.pointee.details.deadline.remaining
      grpc_call_details_destroy(&memory.pointee.details)
      grpc_call_details_init(&memory.pointee.details)
    } else {
      path = ""
      timeout = memory.pointee.deadline.remaining
    }
    memory.pointee.call = nil
    memory.pointee.message = nil
  }

  /// Takes the call.
  ///
  /// - Parameter onRelease: See ``Call/init(adopting:role:queue:inflationLimit:initialMetadata:onRelease:)``.
  consuming func accept(onRelease: @escaping @Sendable () -> Void) -> Call {
    let call = Call(
      adopting: handle,
      role: .server,
      queue: queue,
      inflationLimit: inflationLimit,
      initialMetadata: metadata,
      onRelease: onRelease
    )
    if let message { call.adoptReceivedMessage(message) }
    return call
  }
}

/// A slot for incoming calls, one after the other, with the memory that C-core writes a call to.
final class CallSlot: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  /// Called with a call, or without one when there will be none.
  typealias Accept = @Sendable (CallSlot, consuming IncomingCall?) -> Void

  let memory = UnsafeMutablePointer<cgrpc_incoming_call>.allocate(capacity: 1)
  let queue: CompletionQueue
  let method: RegisteredMethod?
  let inflationLimit: Int?
  private let accept: Accept

  init(queue: CompletionQueue, method: RegisteredMethod?, inflationLimit: Int?, accept: @escaping Accept) {
    self.queue = queue
    self.method = method
    self.inflationLimit = inflationLimit
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

  override func complete(succeeded: Bool) {
    accept(self, succeeded ? IncomingCall(from: self) : nil)
  }
}
