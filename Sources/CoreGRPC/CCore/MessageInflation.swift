import CGRPC

/// Inflates compressed messages, up to a limit.
///
/// C-core can do that too, but it inflates the whole message before it looks at the size: the sender would choose how much
/// memory that takes.
enum MessageInflation {
  private static let chunk = 64 * 1024

  /// - Parameters:
  ///   - bytes: The message as it came.
  ///   - windowBits: The format, in zlib's terms: 15 for zlib's own, 31 for gzip's.
  ///   - limit: The largest inflated size in bytes.
  /// - Throws: ``RPCError/Code/resourceExhausted`` beyond the limit, of which no more than a chunk was inflated by then;
  ///   ``RPCError/Code/internalError`` for what cannot be inflated.
  static func inflate(_ bytes: RawSpan, windowBits: Int32, limit: Int) throws(RPCError) -> [UInt8] {
    // zlib remembers the stream's address, and refuses it at another one.
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    guard cgrpc_inflate_init(stream, windowBits) == Z_OK else {
      throw RPCError(code: .internalError, message: "a compressed message cannot be inflated: zlib does not start")
    }
    defer { inflateEnd(stream) }
    var output: [UInt8] = []
    var status = Z_OK
    while status == Z_OK {
      // zlib reads the input, which outlives this call, and never writes it.
      let inflated = bytes.withUnsafeBytes { input in
        let consumed = Int(stream.pointee.total_in)
        let rest = UnsafeMutableRawBufferPointer(mutating: UnsafeRawBufferPointer(rebasing: input[consumed...]))
        stream.pointee.next_in = rest.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(clamping: rest.count)
        return [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
          stream.pointee.next_out = buffer.baseAddress
          stream.pointee.avail_out = UInt32(buffer.count)
          status = CGRPC.inflate(stream, Z_NO_FLUSH)
          count = buffer.count - Int(stream.pointee.avail_out)
        }
      }
      guard output.count + inflated.count <= limit else {
        throw RPCError(code: .resourceExhausted, message: "a compressed message inflates to more than \(limit) bytes")
      }
      output += inflated
    }
    guard status == Z_STREAM_END else {
      throw RPCError(code: .internalError, message: "a compressed message cannot be inflated")
    }
    return output
  }
}
