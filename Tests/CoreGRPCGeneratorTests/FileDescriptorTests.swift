import ProtobufC
import ProtobufCWellKnownTypes
import Testing

@Suite("File descriptors") struct FileDescriptorTests {
  @Test("A descriptor is the file's, without comments")
  func content() throws {
    let descriptor = Kitchen_SinkV1_KitchenSinkFile.descriptor
    #expect(descriptor.name == "kitchen_sink.proto")
    let proto = try Google_Protobuf_FileDescriptorProto(serializedBytes: descriptor.serializedBytes)
    #expect(proto.name == "kitchen_sink.proto")
    #expect(proto.package == "kitchen.sink_v1")
    #expect(proto.service.map(\.name) == ["Service", "Empty"])
    #expect(proto.messageType.first { $0.name == "Old" }?.options?.deprecated == true)
    #expect(proto.sourceCodeInfo == nil)
    #expect(proto.serializedBytes() == descriptor.serializedBytes)
  }

  @Test("A descriptor has those of the files it imports, in their order")
  func dependencies() {
    let dependencies = Kitchen_SinkV1_KitchenSinkFile.descriptor.dependencies
    let names = ["google/protobuf/any.proto", "google/protobuf/timestamp.proto", "legacy.proto"]
    #expect(dependencies.map(\.name) == names)
    #expect(dependencies.allSatisfy { !$0.serializedBytes.isEmpty })
  }
}
