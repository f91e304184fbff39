import CGRPC

/// The memory that C-core reads and writes for the batches of one call.
///
/// A slot of the call is in one batch at a time, and each field belongs to one slot, so the fields need no lock of
/// their own: whoever owns the slot owns the field.
struct CallMemory: ~Copyable {
  let pointer: UnsafeMutablePointer<cgrpc_call_memory>

  /// Memory that nothing was sent from or received into; a constant, and its slices and arrays are empty.
  private nonisolated(unsafe) static let blank: cgrpc_call_memory = {
    var memory = cgrpc_call_memory()
    memory.sent_initial_metadata = .empty
    memory.sent_trailing_metadata = .empty
    memory.sent_status_details = grpc_empty_slice()
    memory.received_initial_metadata = .empty
    memory.received_trailing_metadata = .empty
    memory.received_status_details = grpc_empty_slice()
    return memory
  }()

  init() {
    // Aligned for every C type; without memory, gpr_malloc ends the process.
    let size = MemoryLayout<cgrpc_call_memory>.stride + Self.largestOperationCount * MemoryLayout<grpc_op>.stride
    pointer = gpr_malloc(size).bindMemory(to: cgrpc_call_memory.self, capacity: 1)
    pointer.initialize(to: Self.blank)
  }

  deinit {
    pointer.pointee.sent_initial_metadata.destroySent()
    pointer.pointee.sent_trailing_metadata.destroySent()
    grpc_slice_unref(pointer.pointee.sent_status_details)
    releaseSentMessage()
    grpc_metadata_array_destroy(&pointer.pointee.received_initial_metadata)
    grpc_metadata_array_destroy(&pointer.pointee.received_trailing_metadata)
    grpc_slice_unref(pointer.pointee.received_status_details)
    if let message = pointer.pointee.received_message { grpc_byte_buffer_destroy(message) }
    if let error = pointer.pointee.received_error { gpr_free(UnsafeMutablePointer(mutating: error)) }
    gpr_free(pointer)
  }

  /// As many operations as there are slots.
  static let largestOperationCount = 6

  /// Where the operations of the call's last batch are written to: behind the rest.
  var lastOperations: UnsafeMutablePointer<grpc_op> {
    // What `init` has asked for: the struct's stride is a multiple of its alignment, which is that of a pointer.
    UnsafeMutableRawPointer(pointer + 1).assumingMemoryBound(to: grpc_op.self)
  }

  /// Writes the C operations of a batch whose slots are free, and moves what it sends in here.
  ///
  /// - Returns: How many operations were written, at most six.
  func fill(_ ops: UnsafeMutablePointer<grpc_op>, with batch: inout Batch, role: CallStateMachine.Role) -> Int {
    var count = 0
    func next() -> UnsafeMutablePointer<grpc_op> {
      defer { count += 1 }
      return ops + count
    }
    let memory = pointer
    if batch.operations.contains(.sendInitialMetadata) {
      if batch.hasInitialMetadata(for: role) {
        memory.pointee.sent_initial_metadata = grpc_metadata_array(sending: batch.initialMetadataForCore(role))
      }
      let array = memory.pointee.sent_initial_metadata
      let op = next()
      cgrpc_op_send_initial_metadata(op, array.metadata, array.count, batch.initialMetadataFlags)
      if role == .server { cgrpc_op_set_compression_level(op, batch.compressionLevel) }
    }
    if batch.operations.contains(.sendMessage) {
      guard let message = batch.relinquishMessage() else { preconditionFailure("a message is sent once") }
      keepSentMessage(message)
      next().initialize(to: sendMessageOperation(flags: batch.messageFlags))
    }
    if batch.operations.contains(.sendClose) {
      switch role {
      case .client:
        cgrpc_op_send_close_from_client(next())
      case .server:
        if !batch.trailingMetadata.isEmpty {
          memory.pointee.sent_trailing_metadata = grpc_metadata_array(sending: batch.trailingMetadata)
        }
        memory.pointee.sent_status_details = grpc_slice(copying: batch.status.message)
        let array = memory.pointee.sent_trailing_metadata
        cgrpc_op_send_status_from_server(
          next(),
          grpc_status_code(Int32(batch.status.code.rawValue)),
          &memory.pointee.sent_status_details,
          array.metadata,
          array.count
        )
      }
    }
    if batch.operations.contains(.receiveInitialMetadata) {
      cgrpc_op_recv_initial_metadata(next(), &memory.pointee.received_initial_metadata)
    }
    if batch.operations.contains(.receiveMessage) {
      next().initialize(to: receiveMessageOperation())
    }
    if batch.operations.contains(.receiveClose) {
      switch role {
      case .client:
        cgrpc_op_recv_status_on_client(
          next(),
          &memory.pointee.received_trailing_metadata,
          &memory.pointee.received_status,
          &memory.pointee.received_status_details,
          &memory.pointee.received_error
        )
      case .server:
        cgrpc_op_recv_close_on_server(next(), &memory.pointee.cancelled)
      }
    }
    return count
  }

  /// Puts another status in the place of the one that was received.
  func replaceReceivedStatus(_ status: Status) {
    pointer.pointee.received_status = grpc_status_code(Int32(status.code.rawValue))
    grpc_slice_unref(pointer.pointee.received_status_details)
    pointer.pointee.received_status_details = grpc_slice(copying: status.message)
  }

  /// Takes over the message that is to be sent.
  func keepSentMessage(_ message: (buffer: UnsafeMutablePointer<grpc_byte_buffer>, isFromCore: Bool)) {
    pointer.pointee.sent_message = message.buffer
    pointer.pointee.sent_message_is_core_s = message.isFromCore
  }

  /// What sends the message that was taken over last.
  func sendMessageOperation(flags: UInt32) -> grpc_op {
    var operation = grpc_op()
    cgrpc_op_send_message(&operation, pointer.pointee.sent_message, flags)
    return operation
  }

  func receiveMessageOperation() -> grpc_op {
    var operation = grpc_op()
    cgrpc_op_recv_message(&operation, &pointer.pointee.received_message)
    return operation
  }

  /// Has the call's last batch started in parts, of which only the last one has the batch's tag.
  ///
  /// - Parameters:
  ///   - count: How many operations there are: those that a server ends a call with, and which begin with what it sends.
  ///   - start: Starts operations from one on, so many, the last ones or not.
  func startLastOperationsInParts(
    count: Int,
    start: (_ operations: UnsafePointer<grpc_op>, _ count: Int, _ isLast: Bool) -> grpc_call_error
  ) -> grpc_call_error {
    var next = lastOperations
    let end = lastOperations + count
    while next < end, next.pointee.op == GRPC_OP_SEND_INITIAL_METADATA || next.pointee.op == GRPC_OP_SEND_MESSAGE {
      // Written with what comes next.
      if next.pointee.op == GRPC_OP_SEND_MESSAGE { next.pointee.flags |= UInt32(GRPC_WRITE_BUFFER_HINT) }
      let failure = start(next, 1, false)
      guard failure == GRPC_CALL_OK else { return failure }
      next += 1
    }
    return start(next, end - next, true)
  }

  /// Puts a slice without bytes in front of the message that is to be sent.
  ///
  /// - Returns: Whether it did and the slice belongs to the message: not without a message, or if that is in pieces.
  func prependToSentMessage(_ slice: grpc_slice) -> Bool {
    guard let message = pointer.pointee.sent_message else { return false }
    return cgrpc_byte_buffer_prepend(message, slice)
  }

  /// Releases the message that a finished batch sent.
  func releaseSentMessage() {
    guard let message = pointer.pointee.sent_message else { return }
    pointer.pointee.sent_message = nil
    MessageBuffer.destroy(message, isFromCore: pointer.pointee.sent_message_is_core_s)
  }

  /// Whether C-core has written a received message, of a batch that is in flight.
  ///
  /// C-core writes the pointer once, on any thread. It is aligned, so this sees `nil` or the message, and nobody follows it: who
  /// sees it a second later than it was seen first comes after all that C-core does with the message.
  var mayHaveReceivedMessage: Bool { cgrpc_load_pointer(&pointer.pointee.received_message) }

  /// Takes the message that a finished batch received.
  ///
  /// - Returns: `nil` at the end of the stream, and when the call failed.
  func takeReceivedMessage() -> MessageBuffer? {
    guard let message = pointer.pointee.received_message else { return nil }
    pointer.pointee.received_message = nil
    return MessageBuffer(adopting: message)
  }
}
