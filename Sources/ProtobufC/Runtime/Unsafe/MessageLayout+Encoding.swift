public import CProtobufC

extension MessageLayout {
  /// Encodes a message into memory of the caller's choice.
  ///
  /// - Parameters:
  ///   - value: The message.
  ///   - makeBuffer: Called once, as ``Message/serialize(into:)`` says.
  /// - Returns: The result of `makeBuffer`.
  /// - Throws: The error of `makeBuffer`.
  @inlinable
  public static func encode<Buffer: ~Copyable, Failure: Error>(
    _ value: Value,
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer {
    try withStruct(of: value, copyingShortContent: true) { (message, encoder) throws(Failure) in
      let byteCount = protobuf_c_message_get_packed_size(message)
      precondition(byteCount <= Int(Int32.max), "a protobuf message is at most 2 GiB")
      return try makeBuffer(byteCount) { output in
        encoder.pack(message, byteCount: byteCount, into: &output)
      }
    }
  }

  /// Calls a function with the struct that a value is lowered to.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - copyingShortContent: Whether the encoder copies short content, so that no marker stands for it.
  ///   - body: Called once.
  @inlinable
  static func withStruct<Result: ~Copyable, Failure: Error>(
    of value: Value,
    copyingShortContent: Bool,
    _ body: (UnsafePointer<ProtobufCMessage>, inout MessageEncoder) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var result: Result?
    var failure: Failure?
    MessageEncoder.lend(copyingShortContent: copyingShortContent) { encoder in
      let message = encoder.lower(value, as: Self.self)
      do throws(Failure) {
        // Every struct by protoc-gen-c begins with a ProtobufCMessage. It lives in the encoder, which outlives the
        // call.
        result = try body(UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self), &encoder)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    guard let result = result.take() else { preconditionFailure("the closure has not been called") }
    return result
  }
}
