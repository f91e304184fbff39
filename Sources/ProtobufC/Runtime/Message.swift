/// A protobuf message: a value that can be encoded to, and decoded from, protobuf's wire format.
///
/// The types generated from a `.proto` file conform; what they implement forwards to the type's ``MessageLayout``.
public protocol Message: Sendable, Hashable, CustomDebugStringConvertible {
  /// The message's full name, with its package: `compute.HelloRequest`.
  static var protoMessageName: String { get }

  /// The `.proto` file that declares the message: the source of its fields' names for JSON and text format.
  static var protoFileDescriptor: ProtoFileDescriptor { get }

  /// The fields that this type does not know, as they were received.
  var unknownFields: UnknownFields { get set }

  /// Creates a message whose fields all have their defaults.
  init()

  /// Decodes a message.
  ///
  /// Fields that this type does not know become ``unknownFields``.
  ///
  /// - Parameters:
  ///   - bytes: The message on the wire, nothing before or after it. Nothing refers to them once this returns.
  ///   - limits: The limits of the cost.
  /// - Throws: A ``BinaryDecodingError`` that says what is wrong with the bytes.
  init(serializedBytes bytes: borrowing SerializedBytes, limits: DecodingLimits) throws(BinaryDecodingError)

  /// Encodes this message into memory of the caller's choice.
  ///
  /// The content of strings and bytes is copied once, into that memory, but for the first 4 KiB: for so few bytes a
  /// second copy costs less than to avoid it.
  ///
  /// - Parameter makeBuffer: Called once. It is given the exact size of the encoded message, in bytes, and a function
  ///   that appends the message to a span with that much room left.
  /// - Returns: The result of `makeBuffer`.
  /// - Throws: The error of `makeBuffer`.
  func serialize<Buffer: ~Copyable, Failure: Error>(
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer
}

extension Message {
  /// Decodes a message from bytes in one piece.
  ///
  /// - Parameters:
  ///   - bytes: The message on the wire, nothing before or after it. Nothing refers to them once this returns.
  ///   - limits: The limits of the cost.
  /// - Throws: A ``BinaryDecodingError`` that says what is wrong with the bytes.
  @inlinable
  public init(serializedBytes bytes: RawSpan, limits: DecodingLimits = DecodingLimits()) throws(BinaryDecodingError) {
    try self.init(serializedBytes: SerializedBytes(bytes), limits: limits)
  }

  /// Decodes a message from an array.
  ///
  /// - Parameters:
  ///   - bytes: The message on the wire, nothing before or after it.
  ///   - limits: The limits of the cost.
  /// - Throws: A ``BinaryDecodingError`` that says what is wrong with the bytes.
  @inlinable
  public init(serializedBytes bytes: [UInt8], limits: DecodingLimits = DecodingLimits()) throws(BinaryDecodingError) {
    try self.init(serializedBytes: bytes.span.bytes, limits: limits)
  }

  /// Creates a message and gives it its fields in a function.
  ///
  /// Messages of more than 64 fields have no initializer for all of them, and are made in this way:
  ///
  /// ```swift
  /// let request = Compute_HelloRequest.with { $0.helloworld = "123456" }
  /// ```
  ///
  /// - Parameter populate: Sets the fields of the message that it is given.
  /// - Returns: The message.
  /// - Throws: The error of `populate`.
  public static func with<Failure: Error>(
    _ populate: (inout Self) throws(Failure) -> Void
  ) throws(Failure) -> Self {
    var message = Self()
    try populate(&message)
    return message
  }
}
