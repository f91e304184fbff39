/// The correspondence between a Swift message and protobuf-c's struct of the same message: the interface for generated
/// code.
///
/// A conforming type is nested in its message, and public, if at all, for `@_spi(GeneratedCode) import` only, so that
/// protobuf-c's structs, its `CMessage`, are in no public signature. Its functions name fields and leave memory to the
/// ``MessageDecoder`` and the ``MessageEncoder``:
///
/// ```swift
/// extension Example_Greeting {
///   enum Layout: MessageLayout {
///     static let schema = MessageSchema(of: Self.self)
///
///     static func initialize(_ message: inout CExample__Example__Greeting) {
///       cexample__example__greeting__init(&message)
///     }
///
///     static func read(
///       _ message: CExample__Example__Greeting, from decoder: MessageDecoder
///     ) throws(BinaryDecodingError) -> Example_Greeting {
///       var value = Example_Greeting()
///       value.text = try decoder.string(message.text, field: 1)
///       value.unknownFields = decoder.unknownFields(message.base)
///       return value
///     }
///
///     static func write(
///       _ value: Example_Greeting, to message: inout CExample__Example__Greeting, with encoder: inout MessageEncoder
///     ) {
///       message.text = encoder.string(value.text)
///       encoder.unknownFields(value.unknownFields, in: &message.base)
///     }
///   }
/// }
/// ```
///
/// The entry of a map has a layout too. Its `Value` is the pair `(key: Key, value: Value)`.
public protocol MessageLayout {
  /// The struct that protoc-gen-c generated for the message. (Swift does not see that one with a union in it is
  /// `BitwiseCopyable`, so that this is not asked for.)
  associatedtype CMessage

  /// The Swift type of the message.
  associatedtype Value

  /// The description of the message for protobuf-c: always `MessageSchema(of: Self.self)`, in a `static let`.
  static var schema: MessageSchema { get }

  /// Gives a struct its defaults, by the function that protoc-gen-c generated for that.
  ///
  /// - Parameter message: A struct of zero bytes.
  static func initialize(_ message: inout CMessage)

  /// Lifts a decoded struct to a Swift value.
  ///
  /// - Parameters:
  ///   - message: The struct. What it points to lives until the whole message is lifted: the value must copy it, as all
  ///     functions of the decoder do.
  ///   - decoder: Lifts the fields that are more than a number.
  /// - Returns: The value.
  /// - Throws: The decoder's error.
  static func read(_ message: CMessage, from decoder: MessageDecoder) throws(BinaryDecodingError) -> Value

  /// Lowers a Swift value to a struct.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - message: A struct with its defaults, to be given the value's fields.
  ///   - encoder: Lowers the fields that are more than a number.
  static func write(_ value: Value, to message: inout CMessage, with encoder: inout MessageEncoder)
}
