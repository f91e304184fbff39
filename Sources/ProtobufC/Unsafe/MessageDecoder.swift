public import CProtobufC

/// Lifts the fields of a decoded struct to Swift values: for the `read` of a ``MessageLayout``.
///
/// Each function takes a member of the struct as it is, and copies what it refers to.
public struct MessageDecoder {
  let schema: MessageSchema
  let stackGuard: StackGuard

  /// Lifts a string.
  ///
  /// - Parameters:
  ///   - data: the struct's member.
  ///   - field: the field's number, for the error.
  /// - Returns: the string, with whatever NULs it has.
  /// - Throws: `invalidUTF8`, because protobuf asks for UTF-8 and protobuf-c does not look.
  public func string(_ data: ProtobufCBinaryData, field: UInt32) throws(DecodingError) -> String {
    guard let string = String(validating: content(data), as: UTF8.self) else {
      throw DecodingError(code: .invalidUTF8, message: "field \(schema.name(ofField: field)) is not valid UTF-8")
    }
    return string
  }

  /// Lifts bytes.
  ///
  /// - Parameter data: the struct's member.
  /// - Returns: the bytes.
  public func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
    Array(content(data))
  }

  /// Lifts a sub-message.
  ///
  /// - Parameters:
  ///   - message: the struct's member.
  ///   - layout: the sub-message's layout.
  /// - Returns: the sub-message, or nil if it is absent.
  /// - Throws: what is wrong with a field of it, or `tooDeep` if the stack is used up.
  public func message<Layout: MessageLayout>(
    _ message: UnsafeMutablePointer<Layout.CMessage>?,
    as layout: Layout.Type
  ) throws(DecodingError) -> Layout.Value? {
    guard let message else { return nil }
    guard !stackGuard.isExhausted() else { throw .outOfStack(layout.schema) }
    // A member that is not null points to a struct in the arena, which lives until the whole message is read.
    return try layout.read(message.pointee, from: MessageDecoder(schema: layout.schema, stackGuard: stackGuard))
  }

  private func content(_ data: ProtobufCBinaryData) -> UnsafeBufferPointer<UInt8> {
    // protobuf-c allocated `len` bytes at `data`, in the arena, which lives until the whole message is read; it sets
    // `data` to null only with a `len` of 0.
    UnsafeBufferPointer(start: data.data, count: data.len)
  }
}
