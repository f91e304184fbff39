import Compute
import CoreGRPC
import CoreGRPCProtobuf
import FormatMessages
import ProtobufC
import ProtobufCWellKnownTypes
import TestSupport
import Testing

@testable import CoreGRPCServices

@Suite("The reflection service", .timeLimit(.minutes(2)))
struct ReflectionServiceTests {
  typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
  typealias Response = Grpc_Reflection_V1_ServerReflectionResponse
  typealias Answer = Response.OneOf_MessageResponse

  enum Version: CaseIterable {
    case v1, v1alpha

    var method: MethodDescriptor {
      switch self {
      case .v1: Grpc_Reflection_V1_ServerReflection.Method.ServerReflectionInfo.descriptor
      case .v1alpha: Grpc_Reflection_V1alpha_ServerReflection.Method.ServerReflectionInfo.descriptor
      }
    }
  }

  /// Asks a server, in one stream, and returns the answers.
  private func ask(_ questions: [Request.OneOf_MessageRequest?], version: Version) async throws -> [Answer?] {
    let services: [any RegistrableRPCService] = [ComputeService(), HealthService(), ByteService()]
    let reflection = ReflectionService(
      services: services,
      files: [Formats_FormatMessagesFile.descriptor, Formats_Other_FormatOtherFile.descriptor]
    )
    let server = Server(services: services + [reflection])
    return try await withShutdown(of: server) {
      let channel = try server.makeInProcessChannel()
      let requests = questions.map { Request(host: "here", messageRequest: $0) }
      let responses: [Response] = try await channel.bidirectionalStreaming(
        request: StreamingClientRequest { writer in for request in requests { try await writer.write(request) } },
        descriptor: version.method,
        serializer: ProtobufSerializer<Request>(),
        deserializer: ProtobufDeserializer<Response>()
      ) { response in
        var responses: [Response] = []
        for try await message in response.messages { responses.append(message) }
        return responses
      }
      for (request, response) in zip(requests, responses) {
        #expect(response.validHost == "here")
        #expect(response.originalRequest == request)
      }
      return responses.map(\.messageResponse)
    }
  }

  private func answer(to question: Request.OneOf_MessageRequest, version: Version) async throws -> Answer? {
    let answers = try await ask([question], version: version)
    #expect(answers.count == 1)
    return answers.first ?? nil
  }

  /// The names of the files in an answer, in order; `nil` for another answer.
  private func files(_ answer: Answer?) throws -> [String]? {
    guard case .fileDescriptorResponse(let response)? = answer else { return nil }
    return try response.fileDescriptorProto.map {
      try Google_Protobuf_FileDescriptorProto(serializedBytes: $0).name ?? ""
    }
  }

  /// The code of an error in an answer; `nil` for another answer.
  private func code(_ answer: Answer?) -> RPCError.Code? {
    guard case .errorResponse(let response)? = answer else { return nil }
    return RPCError.Code(rawValue: Int(response.errorCode))
  }

  @Test("It lists the services, of generated code or not, and itself", arguments: Version.allCases)
  func list(version: Version) async throws {
    let answer = try await answer(to: .listServices("*"), version: version)
    let names = [
      "compute.Compute", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection", "test.Bytes",
    ]
    #expect(answer == .listServicesResponse(.init(service: names.map { .init(name: $0) })))
  }

  @Test("It answers a file as the generated code has it", arguments: Version.allCases)
  func file(version: Version) async throws {
    let answer = try await answer(to: .fileByFilename("compute.proto"), version: version)
    let bytes = Compute_ComputeFile.descriptor.serializedBytes
    #expect(answer == .fileDescriptorResponse(.init(fileDescriptorProto: [bytes])))
  }

  @Test(
    "It finds the file of each kind of symbol",
    arguments: [
      ("compute.Compute", "compute.proto"), ("compute.Compute.SayHello", "compute.proto"),
      ("compute.HelloRequest", "compute.proto"), ("compute.HelloRequest.helloworld", "compute.proto"),
      ("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"),
      ("grpc.health.v1.HealthCheckResponse.NOT_SERVING", "grpc/health/v1/health.proto"),
      ("grpc.reflection.v1.ServerReflectionRequest.message_request", "grpc/reflection/v1/reflection.proto"),
      ("grpc.reflection.v1alpha.ServerReflection", "grpc/reflection/v1alpha/reflection.proto"),
      ("formats.other.remark", "format_other.proto"), ("formats.other.Old.Inner", "format_other.proto"),
      ("google.protobuf.Any", "google/protobuf/any.proto"),
    ],
    Version.allCases
  )
  func symbol(_ symbol: (name: String, file: String), version: Version) async throws {
    let answer = try await answer(to: .fileContainingSymbol(symbol.name), version: version)
    #expect(try files(answer) == [symbol.file])
  }

  @Test("It finds extensions, and their numbers", arguments: Version.allCases)
  func extensions(version: Version) async throws {
    let old = "formats.other.Old"
    let answers = try await ask(
      [
        .fileContainingExtension(.init(containingType: old, extensionNumber: 101)),
        .fileContainingExtension(.init(containingType: old, extensionNumber: 199)),
        .allExtensionNumbersOfType(old), .allExtensionNumbersOfType("compute.HelloRequest"),
        .allExtensionNumbersOfType("compute.Compute"),
      ],
      version: version
    )
    #expect(answers.count == 5)
    #expect(try files(answers[0]) == ["format_other.proto"])
    #expect(code(answers[1]) == .notFound)
    let numbers: [Int32] = [100, 101, 102]
    #expect(answers[2] == .allExtensionNumbersResponse(.init(baseTypeName: old, extensionNumber: numbers)))
    #expect(answers[3] == .allExtensionNumbersResponse(.init(baseTypeName: "compute.HelloRequest")))
    #expect(code(answers[4]) == .notFound)
  }

  @Test("Unknown names are answered in the stream, which continues", arguments: Version.allCases)
  func unknown(version: Version) async throws {
    let answers = try await ask(
      [
        .fileByFilename("nowhere.proto"), .fileContainingSymbol("compute.Nothing"), .fileContainingSymbol(""),
        .fileContainingSymbol("test.Bytes"), .fileByFilename("compute.proto"),
      ],
      version: version
    )
    #expect(answers.map(code) == [.notFound, .notFound, .notFound, .notFound, nil])
    #expect(
      answers[1]
        == .errorResponse(.init(errorCode: 5, errorMessage: "this server knows no symbol compute.Nothing"))
    )
    #expect(try files(answers[4]) == ["compute.proto"])
  }

  @Test("A file comes with those that it imports, unless the stream has had them", arguments: Version.allCases)
  func imports(version: Version) async throws {
    let answers = try await ask(
      [
        .fileByFilename("google/protobuf/any.proto"), .fileByFilename("format_messages.proto"),
        .fileByFilename("format_messages.proto"), .fileContainingSymbol("google.protobuf.Timestamp"),
      ],
      version: version
    )
    let first = try #require(try files(answers[1]))
    #expect(first.first == "format_messages.proto")
    #expect(first.contains("google/protobuf/timestamp.proto"))
    #expect(!first.contains("google/protobuf/any.proto"))
    #expect(Set(first).count == first.count)
    // What is asked for is sent again, and what it imports is not.
    #expect(try files(answers[2]) == ["format_messages.proto"])
    #expect(try files(answers[3]) == ["google/protobuf/timestamp.proto"])
  }

  @Test("A request for nothing ends the call", arguments: Version.allCases)
  func nothing(version: Version) async throws {
    let error = await rpcError { try await ask([nil], version: version) }
    #expect(error?.code == .invalidArgument)
  }

  @Test("Generated clients of both versions understand the answers")
  func clients() async throws {
    let server = Server(services: [ReflectionService(services: [])])
    try await withShutdown(of: server) {
      let channel = try server.makeInProcessChannel()
      let new = try await Grpc_Reflection_V1_ServerReflection.Client(channel: channel).serverReflectionInfo(
        producer: { try await $0.write(.init(messageRequest: .listServices(""))) },
        onResponse: { messages in
          var iterator = messages.makeAsyncIterator()
          return try await iterator.next()?.messageResponse
        }
      )
      let old = try await Grpc_Reflection_V1alpha_ServerReflection.Client(channel: channel).serverReflectionInfo(
        producer: { try await $0.write(.init(messageRequest: .listServices(""))) },
        onResponse: { messages in
          var iterator = messages.makeAsyncIterator()
          return try await iterator.next()?.messageResponse
        }
      )
      let names = ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"]
      #expect(new == .listServicesResponse(.init(service: names.map { .init(name: $0) })))
      #expect(old == .listServicesResponse(.init(service: names.map { .init(name: $0) })))
    }
  }
}
