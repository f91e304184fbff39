import CGRPC

/// The memory that C-core reads and writes for the batches of one call.
///
/// A slot of the call is in one batch at a time, and each field belongs to one slot, so the fields need no lock of
/// their own: the owner of a slot owns its field.
@safe struct BatchMemory: ~Copyable {
  // Safe, because the pointer is to memory that `init` allocates and initializes, and that `deinit` alone frees.

  let pointer: UnsafeMutablePointer<cgrpc_call_memory>

  /// Memory that nothing was sent from or received into; a constant, and its slices and arrays are empty.
  private nonisolated(unsafe) static let blank: cgrpc_call_memory = {
    var memory = unsafe cgrpc_call_memory()
    unsafe memory.sent_initial_metadata = .empty
    unsafe memory.sent_trailing_metadata = .empty
    unsafe memory.sent_status_details = grpc_empty_slice()
    unsafe memory.received_initial_metadata = .empty
    unsafe memory.received_trailing_metadata = .empty
    unsafe memory.received_status_details = grpc_empty_slice()
    return unsafe memory
  }()

  init() {
    // Aligned for every C type; without memory, gpr_malloc ends the process.
    let size = unsafe MemoryLayout<cgrpc_call_memory>.stride + Self.largestOperationCount * MemoryLayout<grpc_op>.stride
    unsafe pointer = gpr_malloc(size).bindMemory(to: cgrpc_call_memory.self, capacity: 1)
    unsafe pointer.initialize(to: Self.blank)
  }

  deinit {
    unsafe pointer.pointee.sent_initial_metadata.destroySent()
    unsafe pointer.pointee.sent_trailing_metadata.destroySent()
    unsafe grpc_slice_unref(pointer.pointee.sent_status_details)
    releaseSentMessage()
    unsafe grpc_metadata_array_destroy(&pointer.pointee.received_initial_metadata)
    unsafe grpc_metadata_array_destroy(&pointer.pointee.received_trailing_metadata)
    unsafe grpc_slice_unref(pointer.pointee.received_status_details)
    if let message = unsafe pointer.pointee.received_message { unsafe grpc_byte_buffer_destroy(message) }
    if let error = unsafe pointer.pointee.received_error { unsafe gpr_free(UnsafeMutablePointer(mutating: error)) }
    unsafe gpr_free(pointer)
  }

  /// The largest number of operations: one for each slot.
  static let largestOperationCount = 6

  /// The place for the operations of the call's last batch, after the rest of the memory.
  var lastOperations: UnsafeMutablePointer<grpc_op> {
    // `init` has allocated it: the struct's stride is a multiple of its alignment, which is that of a pointer.
    unsafe UnsafeMutableRawPointer(pointer + 1).assumingMemoryBound(to: grpc_op.self)
  }

  /// Writes the C operations of a batch whose slots are free, and moves the data that the batch sends in here.
  ///
  /// - Returns: The number of operations that were written, at most six.
  func fill(_ ops: UnsafeMutablePointer<grpc_op>, with batch: inout Batch, role: CallRole) -> Int {
    var count = 0
    func next() -> UnsafeMutablePointer<grpc_op> {
      defer { count += 1 }
      return unsafe ops + count
    }
    let memory = unsafe pointer
    if batch.operations.contains(.sendInitialMetadata) {
      if batch.hasInitialMetadata(for: role) {
        unsafe memory.pointee.sent_initial_metadata = grpc_metadata_array(sending: batch.initialMetadataForCore(role))
      }
      let array = unsafe memory.pointee.sent_initial_metadata
      let op = unsafe next()
      unsafe cgrpc_op_send_initial_metadata(op, array.metadata, array.count, batch.initialMetadataFlags)
      if role == .server { unsafe cgrpc_op_set_compression_level(op, batch.compressionLevel) }
    }
    if batch.operations.contains(.sendMessage) {
      guard let message = unsafe batch.relinquishMessage() else { preconditionFailure("the batch has no message") }
      unsafe keepSentMessage(message)
      unsafe next().initialize(to: sendMessageOperation(flags: batch.messageFlags))
    }
    if batch.operations.contains(.sendClose) {
      switch role {
      case .client:
        unsafe cgrpc_op_send_close_from_client(next())
      case .server:
        if !batch.trailingMetadata.isEmpty {
          unsafe memory.pointee.sent_trailing_metadata = grpc_metadata_array(sending: batch.trailingMetadata)
        }
        unsafe memory.pointee.sent_status_details = grpc_slice(copying: batch.status.message)
        let array = unsafe memory.pointee.sent_trailing_metadata
        unsafe cgrpc_op_send_status_from_server(
          next(),
          cgrpc_status_code(Int32(batch.status.code.rawValue)),
          &memory.pointee.sent_status_details,
          array.metadata,
          array.count
        )
      }
    }
    if batch.operations.contains(.receiveInitialMetadata) {
      unsafe cgrpc_op_recv_initial_metadata(next(), &memory.pointee.received_initial_metadata)
    }
    if batch.operations.contains(.receiveMessage) {
      unsafe next().initialize(to: receiveMessageOperation())
    }
    if batch.operations.contains(.receiveClose) {
      switch role {
      case .client:
        unsafe cgrpc_op_recv_status_on_client(
          next(),
          &memory.pointee.received_trailing_metadata,
          &memory.pointee.received_status,
          &memory.pointee.received_status_details,
          &memory.pointee.received_error
        )
      case .server:
        unsafe cgrpc_op_recv_close_on_server(next(), &memory.pointee.cancelled)
      }
    }
    return count
  }

  /// Replaces the received status with another one.
  func replaceReceivedStatus(_ status: Status) {
    unsafe pointer.pointee.received_status = cgrpc_status_code(Int32(status.code.rawValue))
    unsafe grpc_slice_unref(pointer.pointee.received_status_details)
    unsafe pointer.pointee.received_status_details = grpc_slice(copying: status.message)
  }

  /// Takes over the message that is to be sent.
  func keepSentMessage(_ message: (buffer: UnsafeMutablePointer<grpc_byte_buffer>, isFromCore: Bool)) {
    unsafe pointer.pointee.sent_message = message.buffer
    unsafe pointer.pointee.sent_message_is_core_s = message.isFromCore
  }

  /// The size of the message that was taken over last, in bytes; zero when it has been sent.
  var sentMessageByteCount: Int {
    guard let message = unsafe pointer.pointee.sent_message else { return 0 }
    return unsafe grpc_byte_buffer_length(message)
  }

  /// The size of the message that a finished batch has received, in bytes; `nil` if there is none.
  var receivedMessageByteCount: Int? {
    guard let message = unsafe pointer.pointee.received_message else { return nil }
    return unsafe grpc_byte_buffer_length(message)
  }

  /// Returns the operation that sends the message that was taken over last.
  func sendMessageOperation(flags: UInt32) -> grpc_op {
    var operation = unsafe grpc_op()
    unsafe cgrpc_op_send_message(&operation, pointer.pointee.sent_message, flags)
    return unsafe operation
  }

  func receiveMessageOperation() -> grpc_op {
    var operation = unsafe grpc_op()
    unsafe cgrpc_op_recv_message(&operation, &pointer.pointee.received_message)
    return unsafe operation
  }

  /// Starts the call's last batch in parts, of which only the last one has the batch's tag.
  ///
  /// - Parameters:
  ///   - count: The number of operations. They are those with which a server ends a call, and the sending ones are
  ///     first.
  ///   - start: Starts a number of operations, from the given one on; also gets whether they are the last ones.
  func startLastOperationsInParts(
    count: Int,
    start: (_ operations: UnsafePointer<grpc_op>, _ count: Int, _ isLast: Bool) -> grpc_call_error
  ) -> grpc_call_error {
    var next = unsafe lastOperations
    let end = unsafe lastOperations + count
    while unsafe next < end,
      unsafe next.pointee.op == GRPC_OP_SEND_INITIAL_METADATA || next.pointee.op == GRPC_OP_SEND_MESSAGE
    {
      // Written together with the next operation.
      if unsafe next.pointee.op == GRPC_OP_SEND_MESSAGE { unsafe next.pointee.flags |= UInt32(GRPC_WRITE_BUFFER_HINT) }
      let failure = unsafe start(next, 1, false)
      guard failure == GRPC_CALL_OK else { return failure }
      unsafe next += 1
    }
    return unsafe start(next, end - next, true)
  }

  /// Puts a slice without bytes in front of the message that is to be sent.
  ///
  /// - Returns: Whether the slice belongs to the message now; `false` without a message, or if the message is in
  ///   pieces.
  func prependToSentMessage(_ slice: grpc_slice) -> Bool {
    guard let message = unsafe pointer.pointee.sent_message else { return false }
    return unsafe cgrpc_byte_buffer_prepend(message, slice)
  }

  /// Releases the message that a finished batch sent.
  func releaseSentMessage() {
    guard let message = unsafe pointer.pointee.sent_message else { return }
    unsafe pointer.pointee.sent_message = nil
    unsafe MessageBuffer.destroy(message, isFromCore: pointer.pointee.sent_message_is_core_s)
  }

  /// Whether C-core has written a received message, of a batch that is in flight.
  ///
  /// C-core writes the pointer once, on any thread. It is aligned, so this sees `nil` or the message, and no code
  /// follows it. Code that sees it a second after it was first seen runs after all that C-core does with the message.
  var mayHaveReceivedMessage: Bool { unsafe cgrpc_load_pointer(&pointer.pointee.received_message) }

  /// Inspects the message that a finished batch has received, if it has received one.
  func inspectReceivedMessage(of call: OpaquePointer) {
    guard let message = unsafe pointer.pointee.received_message else { return }
    let flags = unsafe MessageFlags(of: message, in: call)
    unsafe pointer.pointee.received_message_is_mislabelled = flags.isMislabelled
    unsafe pointer.pointee.received_message_has_unknown_flags = flags.isUnknown
  }

  /// Whether the message that was received last is marked as compressed, by an unknown method.
  var receivedMessageIsMislabelled: Bool { unsafe pointer.pointee.received_message_is_mislabelled }

  /// Whether the message that was received last has flags of which C-core knows nothing.
  var receivedMessageHasUnknownFlags: Bool { unsafe pointer.pointee.received_message_has_unknown_flags }

  /// Takes the message that a finished batch received.
  ///
  /// - Returns: The message; `nil` at the end of the stream, and when the call failed.
  func takeReceivedMessage() -> MessageBuffer? {
    guard let message = unsafe pointer.pointee.received_message else { return nil }
    unsafe pointer.pointee.received_message = nil
    return unsafe MessageBuffer(adopting: message)
  }
}
