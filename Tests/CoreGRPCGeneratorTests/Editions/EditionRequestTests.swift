import Foundation
import ProtobufC
import ProtobufCWellKnownTypes
import Testing

@testable import CoreGRPCGenerator

/// Requests of a protoc that knows editions.
@Suite("Requests with editions") struct EditionRequestTests {
  private typealias Request = Google_Protobuf_Compiler_CodeGeneratorRequest
  private typealias Response = Google_Protobuf_Compiler_CodeGeneratorResponse

  private func respond(to files: [Google_Protobuf_FileDescriptorProto], withC: Bool = false) throws -> Response {
    let request = Request(
      fileToGenerate: files.compactMap(\.name),
      parameter: "C=\(withC),CModule=CThings",
      protoFile: files
    )
    let environment = withC ? ProcessInfo.processInfo.environment : [:]
    let response = try Generator(environment: environment).respond(to: request.serializedBytes())
    return try Response(serializedBytes: response)
  }

  private func file(_ edition: Google_Protobuf_Edition) -> Google_Protobuf_FileDescriptorProto {
    Google_Protobuf_FileDescriptorProto(name: "t.proto", syntax: "editions", edition: edition)
  }

  @Test("The answer says which editions are known")
  func announcement() throws {
    let response = try respond(to: [])
    #expect(response.supportedFeatures == 3)
    #expect(response.minimumEdition == Google_Protobuf_Edition.proto2.rawValue)
    #expect(response.maximumEdition == Google_Protobuf_Edition.edition2024.rawValue)
  }

  @Test("A comment that is not UTF-8, in the files with all of their options")
  func latin1InRequest() throws {
    var commented = file(.edition2023)
    commented.sourceCodeInfo = .init(location: [.init(path: [12], leadingComments: "caf~")])
    let request = Request(
      fileToGenerate: ["t.proto"],
      parameter: "C=false,CModule=CThings",
      protoFile: [file(.edition2023)],
      sourceFileDescriptors: [commented]
    )
    let bytes = request.serializedBytes().map { $0 == UInt8(ascii: "~") ? 0xE9 : $0 }
    #expect(throws: BinaryDecodingError.self) { try Request(serializedBytes: bytes) }
    let response = try Response(serializedBytes: try Generator(environment: [:]).respond(to: bytes))
    #expect(response.error == nil)
    #expect(response.file.map(\.name) == ["t.pb.swift"])
  }

  @Test(
    "An edition that is not known is refused",
    arguments: [Google_Protobuf_Edition.edition2026, .unrecognized(2000)]
  )
  func unknown(_ edition: Google_Protobuf_Edition) throws {
    #expect(try respond(to: [file(edition)]).error == "t.proto: the edition is not one of 2023 and 2024")
    #expect(try respond(to: [file(.edition2023)]).error == nil)
  }

  @Test("Fields of proto3 that differ in case and underscores only, which the protobuf of protoc-gen-c refuses")
  func spelling() throws {
    let names = ["consume", "_consume", "consumE", "Other"]
    let fields = names.enumerated().map { index, name in
      Google_Protobuf_FieldDescriptorProto.with {
        $0.name = name
        $0.number = Int32(index + 1)
        $0.label = .optional
        $0.type = .int32
      }
    }
    let file = Google_Protobuf_FileDescriptorProto(
      name: "t.proto",
      messageType: [.init(name: "A", field: fields)],
      syntax: "proto3"
    )
    let response = try respond(to: [file], withC: true)
    #expect(response.error == nil)
    let header = try #require(response.file.first { $0.name == "t.pb-c.h" }?.content)
    for member in ["consume", "_consume_c2", "consume_c3", "other"] {
      #expect(header.contains("  int32_t \(member);\n"), "\(member)")
    }
    let descriptors = try #require(response.file.first { $0.name == "t.pb-c.c" }?.content)
    for name in names { #expect(descriptors.contains("    \"\(name)\",\n"), "\(name)") }
  }

  @Test("A feature holds for what is inside, until that sets another; one of another language counts for nothing")
  func inheritance() throws {
    typealias Features = Google_Protobuf_FeatureSet
    func features(_ features: Features) -> Google_Protobuf_FieldOptions { .with { $0.features = features } }
    func field(
      _ name: String,
      _ number: Int32,
      _ options: Google_Protobuf_FieldOptions? = nil
    ) -> Google_Protobuf_FieldDescriptorProto {
      .with {
        $0.name = name
        $0.number = number
        $0.label = .optional
        $0.type = .int32
        $0.options = options
      }
    }
    // An extension of the features, pb.cpp with 1000.
    let cpp = try Features(serializedBytes: [0xC2, 0x3E, 2, 0x08, 1])
    let inner = Google_Protobuf_DescriptorProto(
      name: "Inner",
      field: [
        field("plain", 1), field("explicit", 2, features(Features(fieldPresence: .explicit))),
        field("required", 3, features(Features(fieldPresence: .legacyRequired))), field("cpp", 4, features(cpp)),
      ]
    )
    let outer = Google_Protobuf_DescriptorProto(
      name: "Outer",
      field: [field("plain", 1)],
      nestedType: [inner],
      options: .with { $0.features = Features(fieldPresence: .implicit) }
    )
    var file = file(.edition2023)
    file.messageType = [outer, .init(name: "Other", field: [field("plain", 1)])]
    let response = try respond(to: [file])
    let text = try #require(response.file.first?.content)
    #expect(response.error == nil)
    #expect(text.contains("struct Outer: Message {\n  /// The field `plain`.\n  var plain: Int32 = 0\n"))
    #expect(text.contains("    var plain: Int32 = 0\n"))
    #expect(text.contains("    var explicit: Int32?\n"))
    #expect(text.contains("    var required: Int32 = 0\n"))
    #expect(text.contains("    var cpp: Int32 = 0\n"))
    #expect(text.contains("struct Other: Message {\n  /// The field `plain`.\n  var plain: Int32?\n"))
  }
}
