import CGRPC

/// One serialized message in the memory that gRPC sends it from, or received it into.
///
/// A serializer makes a buffer of the message's exact size and writes into it, so the bytes are not copied again on
/// their way to the transport.
public struct MessageBuffer: ~Copyable, @unchecked Sendable {
  // Unchecked, because of the pointer: the buffer is this value's alone until `relinquish` gives it away.

  private let buffer: UnsafeMutablePointer<grpc_byte_buffer>

  /// Whether C-core made the buffer, and must destroy it.
  private let isFromCore: Bool

  /// Whether its sender had compressed the message.
  @usableFromInline private(set) var wasCompressed = false

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
    // It takes the slice over.
    self.buffer = cgrpc_byte_buffer_create(slice)
    self.isFromCore = false
  }

  /// Makes a message of a copy of `bytes`.
  public init(copying bytes: RawSpan) {
    self.init(byteCount: bytes.byteCount) { output in output.append(contentsOf: bytes) }
  }

  /// Takes over a buffer that C-core received.
  init(adopting buffer: UnsafeMutablePointer<grpc_byte_buffer>) {
    self.buffer = buffer
    self.isFromCore = true
    self.wasCompressed = buffer.pointee.data.raw.compression != GRPC_COMPRESS_NONE
  }

  deinit { Self.destroy(buffer, isFromCore: isFromCore) }

  /// Gives the C buffer away: whoever takes it must destroy it with ``destroy(_:isFromCore:)``.
  consuming func relinquish() -> (buffer: UnsafeMutablePointer<grpc_byte_buffer>, isFromCore: Bool) {
    let (buffer, isFromCore) = (buffer, isFromCore)
    discard self
    return (buffer, isFromCore)
  }

  /// Destroys a C buffer.
  static func destroy(_ buffer: UnsafeMutablePointer<grpc_byte_buffer>, isFromCore: Bool) {
    if isFromCore { grpc_byte_buffer_destroy(buffer) } else { cgrpc_byte_buffer_destroy(buffer) }
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
    var inflated = try withUnsafePieces { (pieces) throws(RPCError) in
      try MessageInflation.inflate(pieces, windowBits: windowBits, limit: limit)
    }
    inflated.wasCompressed = true
    return inflated
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
    if let piece = onePiece { return try body(piece.bytes) }
    var reader = grpc_byte_buffer_reader()
    guard grpc_byte_buffer_reader_init(&reader, buffer) != 0 else { return try body(RawSpan()) }
    defer { grpc_byte_buffer_reader_destroy(&reader) }
    var joined = grpc_byte_buffer_reader_readall(&reader)
    defer { grpc_slice_unref(joined) }
    return try body(UnsafeRawBufferPointer(start: cgrpc_slice_bytes(&joined), count: byteCount).bytes)
  }

  /// Calls `body` with the bytes of the message where they lie, in the pieces that gRPC received them in.
  ///
  /// - Parameter body: Is given the pieces in their order, valid during the call only.
  @inlinable
  package borrowing func withUnsafePieces<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeBufferPointer<UnsafeRawBufferPointer>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var result: Result?
    var failure: Failure?
    lendPieces { pieces in
      do throws(Failure) {
        result = try body(pieces)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    guard let result = result.take() else { preconditionFailure("the pieces are lent once") }
    return result
  }

  /// Not generic: the standard library's function for memory on the stack looks up metadata at run time in generic code.
  @usableFromInline
  borrowing func lendPieces(_ body: (UnsafeBufferPointer<UnsafeRawBufferPointer>) -> Void) {
    let sliceCount = buffer.pointee.data.raw.slice_buffer.count
    withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: sliceCount) { pieces in
      for index in 0..<sliceCount { pieces.initializeElement(at: index, to: piece(index)) }
      // A trivial type has nothing to deinitialize.
      body(UnsafeBufferPointer(pieces))
    }
  }

  /// All bytes, if they are in one piece.
  private var onePiece: UnsafeRawBufferPointer? {
    switch buffer.pointee.data.raw.slice_buffer.count {
    case 0: UnsafeRawBufferPointer(start: nil, count: 0)
    case 1: piece(0)
    default: nil
    }
  }

  /// A slice of the buffer, which lives as long as the buffer and where it is, because the buffer is this value's alone.
  private func piece(_ index: Int) -> UnsafeRawBufferPointer {
    let slice = buffer.pointee.data.raw.slice_buffer.slices + index
    return UnsafeRawBufferPointer(start: cgrpc_slice_bytes(slice), count: cgrpc_slice_length(slice))
  }
}
