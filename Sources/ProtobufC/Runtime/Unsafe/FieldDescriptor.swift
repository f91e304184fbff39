import CProtobufC

extension ProtobufCFieldDescriptor {
  /// The type of the sub-messages in this field, or nil if it holds something else.
  var messageDescriptor: UnsafePointer<ProtobufCMessageDescriptor>? {
    guard type == PROTOBUF_C_TYPE_MESSAGE else { return nil }
    // protobuf-c documents that `descriptor` of such a field points to a ProtobufCMessageDescriptor.
    return descriptor?.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
  }

  /// Whether the field is a member of a one-of; so is every proto3 `optional`, of a one-of of its own.
  var isInOneOf: Bool {
    flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0
  }
}
