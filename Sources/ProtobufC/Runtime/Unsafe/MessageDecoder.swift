public import CProtobufC

/// Lifts the fields of a decoded struct to Swift values: for the `read` of a ``MessageLayout``.
///
/// Each function takes a member of the struct as it is, and copies what it refers to.
public struct MessageDecoder {
  @usableFromInline let schema: MessageSchema
  @usableFromInline let source: ByteSource
  @usableFromInline let stackGuard: StackGuard

  @usableFromInline
  init(schema: MessageSchema, source: ByteSource, stackGuard: StackGuard) {
    self.schema = schema
    self.source = source
    self.stackGuard = stackGuard
  }

  /// Lifts a string.
  ///
  /// - Parameters:
  ///   - data: The struct's member, of a field that is present: not a default.
  ///   - field: The field's number, for the error.
  /// - Returns: The string, with whatever NULs it has.
  /// - Throws: `invalidUTF8`, because protobuf asks for UTF-8 and protobuf-c does not look.
  public func string(_ data: ProtobufCBinaryData, field: UInt32) throws(BinaryDecodingError) -> String {
    guard let content = content(data) else { return "" }
    guard let string = content.string(in: source) else {
      throw BinaryDecodingError(code: .invalidUTF8, message: "field \(schema.name(ofField: field)) is not valid UTF-8")
    }
    return string
  }

  /// Lifts bytes.
  ///
  /// - Parameter data: The struct's member, of a field that is present: not a default.
  /// - Returns: The bytes.
  public func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
    content(data)?.bytes(in: source) ?? []
  }

  /// Lifts bytes to another type than an array, such as Foundation's `Data`.
  ///
  /// - Parameters:
  ///   - data: The struct's member, of a field that is present: not a default.
  ///   - type: The type.
  /// - Returns: The bytes.
  public func bytes<Bytes: RangeReplaceableCollection<UInt8>>(
    _ data: ProtobufCBinaryData,
    as type: Bytes.Type
  ) -> Bytes {
    var bytes = Bytes()
    guard let content = content(data) else { return bytes }
    bytes.reserveCapacity(content.byteCount)
    content.forEachPiece(in: source) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Lifts the fields that the message's type does not know.
  ///
  /// - Parameter message: The struct's first member.
  /// - Returns: The fields.
  @inlinable
  public func unknownFields(_ message: ProtobufCMessage) -> UnknownFields {
    message.n_unknown_fields > 0 ? liftUnknownFields(message) : UnknownFields()
  }

  @usableFromInline
  func liftUnknownFields(_ message: ProtobufCMessage) -> UnknownFields {
    var fields = UnknownFields()
    // protobuf-c filled as many elements as it says. The data of each is that of a length-prefixed field, which an
    // outline made of a reference: a prefix of one byte, then the reference.
    for field in UnsafeBufferPointer(start: message.unknown_fields, count: Int(message.n_unknown_fields)) {
      let reference = UnsafeRawBufferPointer(start: field.data, count: field.len)
      ContentReference(in: UnsafeRawBufferPointer(rebasing: reference.dropFirst()))
        .forEachPiece(in: source) { fields.serializedBytes.append(contentsOf: $0) }
    }
    fields.normalizeFirstTag()
    return fields
  }

  /// Lifts a sub-message.
  ///
  /// - Parameters:
  ///   - message: The struct's member.
  ///   - layout: The sub-message's layout.
  /// - Returns: The sub-message, or nil if it is absent.
  /// - Throws: The fault in a field of it, or `tooDeep` if the stack is used up.
  @inlinable
  public func message<Layout: MessageLayout>(
    _ message: UnsafeMutablePointer<Layout.CMessage>?,
    as layout: Layout.Type
  ) throws(BinaryDecodingError) -> Layout.Value? {
    guard let message else { return nil }
    guard !stackGuard.isExhausted() else { throw .outOfStack(layout.schema) }
    // A member that is not null points to a struct in the arena, which lives until the whole message is read.
    return try layout.read(
      message.pointee,
      from: MessageDecoder(schema: layout.schema, source: source, stackGuard: stackGuard)
    )
  }

  private func content(_ data: ProtobufCBinaryData) -> ContentReference? {
    guard data.len > 0 else { return nil }
    // protobuf-c allocated `len` bytes at `data`, in the arena, which lives until the whole message is read.
    return ContentReference(in: UnsafeRawBufferPointer(start: data.data, count: data.len))
  }
}
