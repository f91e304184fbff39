internal import ProtobufCWellKnownTypes

typealias FileProto = Google_Protobuf_FileDescriptorProto
typealias MessageProto = Google_Protobuf_DescriptorProto
typealias FieldProto = Google_Protobuf_FieldDescriptorProto
typealias EnumProto = Google_Protobuf_EnumDescriptorProto
typealias EnumValueProto = Google_Protobuf_EnumValueDescriptorProto
typealias ServiceProto = Google_Protobuf_ServiceDescriptorProto
typealias MethodProto = Google_Protobuf_MethodDescriptorProto

extension MessageProto {
  /// Whether the message is the entry of a map.
  var isMapEntry: Bool { options?.mapEntry == true }
}

extension FieldProto {
  /// Whether the field is in a one-of that the `.proto` file declares, and not in one that stands for `optional`.
  var isInOneOf: Bool { oneofIndex != nil && proto3Optional != true }
}
