import CProtobufC

/// The form that a field takes in an outline.
enum FieldShape {
  /// Numbers, copied as they are.
  case number

  /// A string or bytes.
  case content

  /// A sub-message, singular if a message has one at most.
  case message(UnsafePointer<ProtobufCMessageDescriptor>, isSingular: Bool)

  /// A field that is unknown to its message type, or comes with another wire type than it should.
  case unknown

  /// - Parameters:
  ///   - field: The field's descriptor of protobuf-c; `nil` for an unknown field.
  ///   - wireType: The encoding of its value.
  @inline(__always)
  init(_ field: UnsafePointer<ProtobufCFieldDescriptor>?, wireType: WireType) {
    guard let field else {
      self = .unknown
      return
    }
    let isRepeated = field.pointee.label == PROTOBUF_C_LABEL_REPEATED
    let isPacked = isRepeated && wireType == .lengthPrefixed
    self =
      switch field.pointee.type {
      case PROTOBUF_C_TYPE_MESSAGE:
        if let child = field.pointee.messageDescriptor, wireType == .lengthPrefixed || wireType == .groupStart {
          .message(child, isSingular: !isRepeated)
        } else {
          .unknown
        }
      case PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_STRING:
        wireType == .lengthPrefixed ? .content : .unknown
      case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT:
        wireType == .fixed32 || isPacked ? .number : .unknown
      case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE:
        wireType == .fixed64 || isPacked ? .number : .unknown
      default:
        wireType == .varint || isPacked ? .number : .unknown
      }
  }
}
