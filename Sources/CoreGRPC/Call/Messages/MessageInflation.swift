import CGRPC

/// The inflation of compressed messages, up to a limit.
///
/// C-core can do that too, but it inflates the whole message before it looks at the size: the sender would choose how
/// much memory that takes.
enum MessageInflation {
  /// - Parameters:
  ///   - pieces: The message as it came.
  ///   - windowBits: The format, in zlib's terms: 15 for zlib's own, 31 for gzip's.
  ///   - limit: The largest inflated size in bytes.
  /// - Throws: ``RPCError/Code/resourceExhausted`` beyond the limit, of which no more than a slice was inflated by
  ///   then; ``RPCError/Code/internalError`` for what cannot be inflated.
  static func inflate(
    _ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>,
    windowBits: Int32,
    limit: Int
  ) throws(RPCError) -> MessageBuffer {
    // zlib remembers the stream's address, and refuses it at another one.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    defer { unsafe stream.deallocate() }
    guard unsafe cgrpc_inflate_init(stream, windowBits) == Z_OK else {
      throw RPCError(code: .internalError, message: "a compressed message cannot be inflated: zlib does not start")
    }
    defer { unsafe inflateEnd(stream) }
    var output = GrowingSlices()
    var pieces = unsafe pieces.makeIterator()
    var status = Z_OK
    while status == Z_OK {
      if unsafe stream.pointee.avail_in == 0, let piece = unsafe pieces.next() {
        // zlib reads its input, which outlives this call, and never writes it.
        unsafe stream.pointee.next_in =
          UnsafeMutableRawBufferPointer(mutating: piece).bindMemory(to: UInt8.self).baseAddress
        unsafe stream.pointee.avail_in = UInt32(clamping: piece.count)
      }
      unsafe output.extend { room in
        unsafe stream.pointee.next_out = room.baseAddress
        unsafe stream.pointee.avail_out = UInt32(clamping: room.count)
        // Without input or room there is no progress, and the status says so.
        status = unsafe CGRPC.inflate(stream, Z_NO_FLUSH)
        return unsafe room.count - Int(stream.pointee.avail_out)
      }
      guard output.byteCount <= limit else {
        throw RPCError(code: .resourceExhausted, message: "a compressed message inflates to more than \(limit) bytes")
      }
    }
    guard status == Z_STREAM_END else {
      throw RPCError(code: .internalError, message: "a compressed message cannot be inflated")
    }
    return output.finish()
  }
}

extension RPCError {
  /// Creates the error for a compressed message where nothing compressed is accepted.
  ///
  /// See <https://github.com/grpc/grpc/blob/master/doc/compression.md>: a client must be asked for less, a server knew.
  init(compressedMessageOn role: CallRole) {
    self.init(
      code: role == .server ? .unimplemented : .internalError,
      message: "the message is compressed, which is not accepted: see Configuration.compression"
    )
  }
}
