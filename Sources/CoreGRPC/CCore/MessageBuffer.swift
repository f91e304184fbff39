import CGRPC

/// One serialized message in the memory that gRPC sends it from, or received it into.
///
/// A serializer makes a buffer of the message's exact size and writes into it, so the bytes are not copied again on
/// their way to the transport.
public struct MessageBuffer: ~Copyable, @unchecked Sendable {
  // Unchecked, because of the pointer: the buffer is this value's alone until `relinquish` gives it away.

  private let buffer: UnsafeMutablePointer<grpc_byte_buffer>

  /// Makes a message of `byteCount` bytes and lets `fill` write them.
  ///
  /// - Parameters:
  ///   - byteCount: The size of the message in bytes.
  ///   - fill: Must append exactly `byteCount` bytes.
  /// - Throws: What `fill` throws; nothing is leaked then.
  public init<Failure: Error>(
    byteCount: Int,
    initializingWith fill: (inout OutputRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var slice = grpc_slice_malloc(byteCount)
    // The memory of the slice: `byteCount` writable bytes which nobody else knows of before this initializer returns.
    let memory = UnsafeMutableRawBufferPointer(start: cgrpc_slice_mutable_bytes(&slice), count: byteCount)
    do {
      var output = OutputRawSpan(buffer: memory, initializedCount: 0)
      try fill(&output)
      let written = output.finalize(for: memory)
      precondition(written == byteCount, "a serializer announced \(byteCount) bytes and wrote \(written)")
    } catch {
      grpc_slice_unref(slice)
      throw error
    }
    // The byte buffer takes a reference of its own.
    self.buffer = grpc_raw_byte_buffer_create(&slice, 1)
    grpc_slice_unref(slice)
  }

  /// Makes a message of a copy of `bytes`.
  public init(copying bytes: RawSpan) {
    self.init(byteCount: bytes.byteCount) { output in output.append(contentsOf: bytes) }
  }

  /// Takes over a buffer that C-core received.
  init(adopting buffer: UnsafeMutablePointer<grpc_byte_buffer>) { self.buffer = buffer }

  deinit { grpc_byte_buffer_destroy(buffer) }

  /// Gives the C buffer away: whoever takes it must destroy it.
  consuming func relinquish() -> UnsafeMutablePointer<grpc_byte_buffer> {
    let buffer = buffer
    discard self
    return buffer
  }

  /// The message as it was before its sender compressed it; this one, if nobody has.
  ///
  /// - Parameter limit: The largest inflated size in bytes.
  /// - Throws: See ``MessageInflation``.
  consuming func inflated(limit: Int) throws(RPCError) -> MessageBuffer {
    let windowBits: Int32
    switch buffer.pointee.data.raw.compression {
    case GRPC_COMPRESS_DEFLATE: windowBits = 15
    case GRPC_COMPRESS_GZIP: windowBits = 31
    default: return self
    }
    let bytes = try withBytes { (bytes) throws(RPCError) in
      try MessageInflation.inflate(bytes, windowBits: windowBits, limit: limit)
    }
    return MessageBuffer(copying: bytes.span.bytes)
  }

  /// The size of the message in bytes.
  public var byteCount: Int { grpc_byte_buffer_length(buffer) }

  /// Calls `body` with the bytes of the message.
  ///
  /// They are not copied when gRPC received them in one piece, as it does with messages of up to some kilobytes; larger
  /// ones are joined first.
  public borrowing func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let length = grpc_byte_buffer_length(buffer)
    var reader = grpc_byte_buffer_reader()
    guard length > 0, grpc_byte_buffer_reader_init(&reader, buffer) != 0 else { return try body(RawSpan()) }
    defer { grpc_byte_buffer_reader_destroy(&reader) }

    // The first slice is the buffer's own and lives as long as it.
    var first: UnsafeMutablePointer<grpc_slice>?
    if grpc_byte_buffer_reader_peek(&reader, &first) != 0, let first, cgrpc_slice_length(first) == length {
      return try body(UnsafeRawBufferPointer(start: cgrpc_slice_bytes(first), count: length).bytes)
    }
    var whole = grpc_byte_buffer_reader()
    grpc_byte_buffer_reader_init(&whole, buffer)
    defer { grpc_byte_buffer_reader_destroy(&whole) }
    var joined = grpc_byte_buffer_reader_readall(&whole)
    defer { grpc_slice_unref(joined) }
    return try body(UnsafeRawBufferPointer(start: cgrpc_slice_bytes(&joined), count: length).bytes)
  }
}
