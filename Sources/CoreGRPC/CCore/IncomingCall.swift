import CGRPC

/// A call that came in, whose C object nobody has taken yet.
final class IncomingCall: Sendable {
  private let operation: RequestCallOperation

  fileprivate init(_ operation: RequestCallOperation) { self.operation = operation }

  /// The method's path; empty if the method is a registered one.
  var path: String { operation.memory.pointee.details.method.text }

  /// The time left until the caller's deadline; `nil` without one.
  var timeout: Duration? {
    let memory = operation.memory.pointee
    return operation.isRegistered ? memory.deadline.remaining : memory.details.deadline.remaining
  }

  /// Takes the call.
  ///
  /// Exactly once.
  ///
  /// - Parameter onRelease: See ``Call/init(adopting:role:queue:inflationLimit:initialMetadata:onRelease:)``.
  func accept(onRelease: @escaping @Sendable () -> Void) -> Call {
    guard let handle = operation.memory.pointee.call else { preconditionFailure("a call that came in is there") }
    let call = Call(
      adopting: handle,
      role: .server,
      queue: operation.queue,
      inflationLimit: operation.inflationLimit,
      initialMetadata: operation.memory.pointee.metadata.received,
      onRelease: onRelease
    )
    if let message = operation.memory.pointee.message {
      operation.memory.pointee.message = nil
      call.adoptReceivedMessage(message)
    }
    return call
  }
}

/// A slot for an incoming call, with the memory that C-core writes the call to.
final class RequestCallOperation: Operation, @unchecked Sendable {
  // Unchecked as its superclass is; after `complete`, the one owner of the incoming call alone uses the memory.

  let memory = UnsafeMutablePointer<cgrpc_incoming_call>.allocate(capacity: 1)
  let queue: CompletionQueue
  let inflationLimit: Int?
  let isRegistered: Bool
  private let accept: @Sendable (IncomingCall?) -> Void

  init(
    queue: CompletionQueue,
    inflationLimit: Int?,
    isRegistered: Bool,
    accept: @escaping @Sendable (IncomingCall?) -> Void
  ) {
    self.queue = queue
    self.inflationLimit = inflationLimit
    self.isRegistered = isRegistered
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
    accept(succeeded && memory.pointee.call != nil ? IncomingCall(self) : nil)
  }
}
