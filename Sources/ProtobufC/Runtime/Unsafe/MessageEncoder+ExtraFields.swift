public import CProtobufC

extension MessageEncoder {
  /// Sees to it that a negative zero is sent.
  ///
  /// protobuf-c takes it for the default, which is a positive zero, and leaves it out.
  ///
  /// - Parameters:
  ///   - value: The value of a singular field without presence.
  ///   - field: The field's number.
  @inlinable
  public mutating func negativeZero(_ value: Double, field: UInt32) {
    if value.bitPattern == (-0.0 as Double).bitPattern { appendNegativeZero(field: field, isDouble: true) }
  }

  /// Sees to it that a negative zero is sent.
  ///
  /// protobuf-c takes it for the default, which is a positive zero, and leaves it out.
  ///
  /// - Parameters:
  ///   - value: The value of a singular field without presence.
  ///   - field: The field's number.
  @inlinable
  public mutating func negativeZero(_ value: Float, field: UInt32) {
    if value.bitPattern == (-0.0 as Float).bitPattern { appendNegativeZero(field: field, isDouble: false) }
  }

  @usableFromInline
  mutating func appendNegativeZero(field: UInt32, isDouble: Bool) {
    appendTag(of: field, isDouble ? .fixed64 : .fixed32)
    if isDouble {
      append((-0.0 as Double).bitPattern)
    } else {
      append((-0.0 as Float).bitPattern)
    }
  }

  /// Lowers a sub-message that is a group, which protobuf-c cannot write.
  ///
  /// The struct's member stays null.
  ///
  /// - Parameters:
  ///   - value: The sub-message, or nil to leave it out.
  ///   - layout: Its layout.
  ///   - field: The field's number.
  public mutating func group<Layout: MessageLayout>(_ value: Layout.Value?, as layout: Layout.Type, field: UInt32) {
    guard let value else { return }
    appendTag(of: field, .groupStart)
    extraFields += layout.encodedBytes(of: value)
    appendTag(of: field, .groupEnd)
  }

  /// Lowers the fields that the message's type does not know.
  ///
  /// Called last in a layout's `write`: the fields of the other functions here go with them.
  ///
  /// - Parameters:
  ///   - fields: The fields.
  ///   - message: The struct's first member.
  @inlinable
  public mutating func unknownFields(_ fields: UnknownFields, in message: inout ProtobufCMessage) {
    if !extraFields.isEmpty || !fields.isEmpty { lower(fields, to: &message) }
  }

  @usableFromInline
  mutating func lower(_ fields: UnknownFields, to message: inout ProtobufCMessage) {
    let bytes = extraFields.isEmpty ? fields.serializedBytes : extraFields + fields.serializedBytes
    // protobuf-c writes a field's tag and then its data as they are. So the whole, without its first tag, can be one
    // field.
    guard let (tag, tagByteCount) = WireReader.firstTag(of: bytes) else { return }
    let unknown = allocate(ProtobufCMessageUnknownField.self, count: 1)
    let data = lower(.fields(bytes, tagByteCount: tagByteCount), byteCount: bytes.count - tagByteCount)
    unknown.initialize(
      to: ProtobufCMessageUnknownField(
        tag: tag.number,
        wire_type: ProtobufCWireType(rawValue: UInt32(tag.wireType.rawValue)),
        len: data.len,
        data: data.data
      )
    )
    message.n_unknown_fields = 1
    message.unknown_fields = unknown
  }

  private mutating func appendTag(of field: UInt32, _ wireType: WireType) {
    WireTag(number: field, wireType: wireType).forEachByte { extraFields.append($0) }
  }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { extraFields.append(contentsOf: $0) }
  }
}
