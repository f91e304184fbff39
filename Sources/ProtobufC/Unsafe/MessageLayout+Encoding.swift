import CProtobufC

extension MessageLayout {
  /// Encodes a message into memory of the caller's choice.
  ///
  /// - Parameters:
  ///   - value: the message.
  ///   - makeBuffer: called once, as ``Message/serialize(into:)`` says.
  /// - Returns: what `makeBuffer` returned.
  /// - Throws: what `makeBuffer` threw.
  public static func encode<Buffer: ~Copyable, Failure: Error>(
    _ value: Value,
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer {
    try withStruct(of: value) { (message, encoder) throws(Failure) in
      let byteCount = protobuf_c_message_get_packed_size(message)
      precondition(byteCount <= Int(Int32.max), "a protobuf message is at most 2 GiB")
      return try makeBuffer(byteCount) { output in
        encoder.pack(message, byteCount: byteCount, into: &output)
      }
    }
  }

  /// Calls a function with the struct that a value is lowered to.
  static func withStruct<Result: ~Copyable, Failure: Error>(
    of value: Value,
    _ body: (UnsafePointer<ProtobufCMessage>, inout MessageEncoder) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // Not `withUnsafeTemporaryAllocation`, which in generic code looks up metadata at run time.
    var scratch = InlineArray<128, UInt64>(repeating: 0)
    return try withUnsafeMutableBytes(of: &scratch) { (scratch) throws(Failure) in
      var encoder = MessageEncoder(scratch: scratch, heap: .system)
      guard let message = encoder.message(value, as: Self.self) else {
        preconditionFailure("a value always has a struct")
      }
      // Every struct by protoc-gen-c begins with a ProtobufCMessage. It lives in the encoder, which outlives the call.
      return try body(UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self), &encoder)
    }
  }
}
