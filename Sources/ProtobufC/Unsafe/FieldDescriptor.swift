import CProtobufC

extension ProtobufCFieldDescriptor {
  /// The type of the sub-messages in this field, or nil if it holds something else.
  var messageDescriptor: UnsafePointer<ProtobufCMessageDescriptor>? {
    guard type == PROTOBUF_C_TYPE_MESSAGE else { return nil }
    // protobuf-c documents that `descriptor` of such a field points to a ProtobufCMessageDescriptor.
    return descriptor?.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
  }
}
