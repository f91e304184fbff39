import CGRPC

/// One serialized message in the memory that gRPC sends it from, or received it into.
///
/// A serializer makes a buffer of the message's exact size and writes into it, so the bytes are not copied again on
/// their way to the transport.
@safe public struct MessageBuffer: ~Copyable, @unchecked Sendable {
  // Unchecked, because of the pointer: the buffer is this value's alone until `relinquish` hands it over.

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
  /// - Throws: The error of `fill`; nothing is leaked then.
  public init<Failure: Error>(
    byteCount: Int,
    initializingWith fill: (inout OutputRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    guard let buffer = unsafe cgrpc_byte_buffer_create(byteCount) else {
      preconditionFailure("gpr_malloc returned no memory")
    }
    // The memory of the buffer's one slice: `byteCount` writable bytes, which lie still as long as the buffer does, and
    // which nothing else knows of before this initializer returns.
    let memory = unsafe UnsafeMutableRawBufferPointer(start: cgrpc_byte_buffer_mutable_bytes(buffer), count: byteCount)
    do {
      var output = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
      try fill(&output)
      let written = unsafe output.finalize(for: memory)
      precondition(written == byteCount, "a serializer announced \(byteCount) bytes and wrote \(written)")
    } catch {
      unsafe cgrpc_byte_buffer_destroy(buffer)
      throw error
    }
    unsafe self.buffer = buffer
    self.isFromCore = false
  }

  /// Makes a message of a copy of `bytes`.
  public init(copying bytes: RawSpan) {
    self.init(byteCount: bytes.byteCount) { output in output.append(contentsOf: bytes) }
  }

  /// Takes over a buffer that C-core received.
  init(adopting buffer: UnsafeMutablePointer<grpc_byte_buffer>) {
    unsafe self.buffer = buffer
    self.isFromCore = true
    self.wasCompressed = unsafe buffer.pointee.data.raw.compression != GRPC_COMPRESS_NONE
  }

  deinit { unsafe Self.destroy(buffer, isFromCore: isFromCore) }

  /// Hands over the C buffer: the caller must destroy it with ``destroy(_:isFromCore:)``.
  consuming func relinquish() -> (buffer: UnsafeMutablePointer<grpc_byte_buffer>, isFromCore: Bool) {
    let (buffer, isFromCore) = unsafe (buffer, isFromCore)
    discard self
    return unsafe (buffer, isFromCore)
  }

  /// Destroys a C buffer.
  static func destroy(_ buffer: UnsafeMutablePointer<grpc_byte_buffer>, isFromCore: Bool) {
    if isFromCore { unsafe grpc_byte_buffer_destroy(buffer) } else { unsafe cgrpc_byte_buffer_destroy(buffer) }
  }

  /// Returns the message as it was before its sender compressed it; this one, if it is not compressed.
  ///
  /// - Parameter limit: The largest inflated size in bytes.
  /// - Throws: See ``MessageInflation``.
  consuming func inflated(limit: Int) throws(RPCError) -> MessageBuffer {
    let windowBits: Int32
    switch unsafe buffer.pointee.data.raw.compression {
    case GRPC_COMPRESS_DEFLATE: windowBits = 15
    case GRPC_COMPRESS_GZIP: windowBits = 31
    default: return self
    }
    var inflated = try unsafe withUnsafePieces { (pieces) throws(RPCError) in
      try unsafe MessageInflation.inflate(pieces, windowBits: windowBits, limit: limit)
    }
    inflated.wasCompressed = true
    return inflated
  }

  /// The size of the message in bytes.
  public var byteCount: Int { unsafe grpc_byte_buffer_length(buffer) }

  /// Calls `body` with the bytes of the message.
  ///
  /// They are not copied when gRPC received them in one piece, as it does with messages of up to some kilobytes; larger
  /// ones are joined first.
  ///
  /// - Throws: The error of `body`.
  public borrowing func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    if let piece = unsafe onePiece { return try unsafe body(piece.bytes) }
    var reader = unsafe grpc_byte_buffer_reader()
    guard unsafe grpc_byte_buffer_reader_init(&reader, buffer) != 0 else { return try body(RawSpan()) }
    defer { unsafe grpc_byte_buffer_reader_destroy(&reader) }
    // A small slice has its bytes in itself, so that it must lie still.
    let joined = UnsafeMutablePointer<grpc_slice>.allocate(capacity: 1)
    unsafe joined.initialize(to: grpc_byte_buffer_reader_readall(&reader))
    defer {
      unsafe grpc_slice_unref(joined.pointee)
      unsafe joined.deallocate()
    }
    return try unsafe body(UnsafeRawBufferPointer(start: cgrpc_slice_bytes(joined), count: byteCount).bytes)
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
    unsafe lendPieces { pieces in
      do throws(Failure) {
        result = unsafe try body(pieces)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    guard let result = result.take() else { preconditionFailure("the closure has not been called") }
    return result
  }

  /// Not generic: the standard library's function for memory on the stack looks up metadata at run time in generic
  /// code.
  @usableFromInline
  borrowing func lendPieces(_ body: (UnsafeBufferPointer<UnsafeRawBufferPointer>) -> Void) {
    let sliceCount = unsafe buffer.pointee.data.raw.slice_buffer.count
    unsafe withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: sliceCount) { pieces in
      for index in 0..<sliceCount { unsafe pieces.initializeElement(at: index, to: piece(index)) }
      // A trivial type has nothing to deinitialize.
      unsafe body(UnsafeBufferPointer(pieces))
    }
  }

  /// All bytes, if they are in one piece.
  private var onePiece: UnsafeRawBufferPointer? {
    switch unsafe buffer.pointee.data.raw.slice_buffer.count {
    case 0: unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    case 1: unsafe piece(0)
    default: nil
    }
  }

  /// Returns a slice of the buffer, which lives as long as the buffer and where it is, because the buffer is this
  /// value's alone.
  private func piece(_ index: Int) -> UnsafeRawBufferPointer {
    let slice = unsafe buffer.pointee.data.raw.slice_buffer.slices + index
    return unsafe UnsafeRawBufferPointer(start: cgrpc_slice_bytes(slice), count: cgrpc_slice_length(slice))
  }
}
