/// A protobuf message: a value that can be encoded to, and decoded from, protobuf's wire format.
///
/// The types generated from a `.proto` file conform; their two requirements forward to the type's ``MessageLayout``.
public protocol Message: Sendable, Hashable {
  /// Creates a message whose fields all have their defaults.
  init()

  /// Decodes a message.
  ///
  /// Fields that this type does not know are skipped.
  ///
  /// - Parameters:
  ///   - bytes: the message on the wire, nothing before or after it. Nothing refers to them once this returns.
  ///   - limits: what decoding may cost.
  /// - Throws: a ``DecodingError`` that says what is wrong with the bytes.
  init(serializedBytes bytes: RawSpan, limits: DecodingLimits) throws(DecodingError)

  /// Encodes this message into memory of the caller's choice.
  ///
  /// The content of strings and bytes is copied once, into that memory.
  ///
  /// - Parameter makeBuffer: called once. It is given the exact size of the encoded message, in bytes, and a function that
  ///   appends the message to a span with that much room left.
  /// - Returns: what `makeBuffer` returned.
  /// - Throws: what `makeBuffer` threw.
  func serialize<Buffer: ~Copyable, Failure: Error>(
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer
}

extension Message {
  /// Decodes a message within the default limits.
  ///
  /// - Parameter bytes: the message on the wire, nothing before or after it.
  /// - Throws: a ``DecodingError`` that says what is wrong with the bytes.
  public init(serializedBytes bytes: RawSpan) throws(DecodingError) {
    try self.init(serializedBytes: bytes, limits: DecodingLimits())
  }

  /// Decodes a message from an array.
  ///
  /// - Parameters:
  ///   - bytes: the message on the wire, nothing before or after it.
  ///   - limits: what decoding may cost.
  /// - Throws: a ``DecodingError`` that says what is wrong with the bytes.
  public init(serializedBytes bytes: [UInt8], limits: DecodingLimits = DecodingLimits()) throws(DecodingError) {
    try self.init(serializedBytes: bytes.span.bytes, limits: limits)
  }
}
