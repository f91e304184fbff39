import CoreGRPC
import ProtobufC

/// The answers of the reflection service to the requests of one stream.
struct ReflectionAnswers {
  typealias Request = Grpc_Reflection_V1_ServerReflectionRequest
  typealias Response = Grpc_Reflection_V1_ServerReflectionResponse

  private let contracts: Contracts

  /// The names of the files that the stream has had.
  private var sentFiles: Set<String> = []

  init(contracts: Contracts) { self.contracts = contracts }

  /// Answers a request.
  ///
  /// - Throws: ``RPCError/Code/invalidArgument``, if it asks for nothing.
  mutating func answer(to request: Request) throws(RPCError) -> Response {
    let answer: Response.OneOf_MessageResponse
    switch request.messageRequest {
    case .fileByFilename(let name):
      answer = self.answer(with: contracts.file(named: name), to: "file \(name)")
    case .fileContainingSymbol(let name):
      answer = self.answer(with: contracts.file(declaring: name), to: "symbol \(name)")
    case .fileContainingExtension(let request):
      let (type, number) = (request.containingType, request.extensionNumber)
      answer = self.answer(
        with: contracts.file(declaringExtension: number, of: type),
        to: "extension \(number) of \(type)"
      )
    case .allExtensionNumbersOfType(let name):
      if let numbers = contracts.extensionNumbers(of: name) {
        answer = .allExtensionNumbersResponse(.init(baseTypeName: name, extensionNumber: numbers))
      } else {
        answer = Self.notFound("message \(name)")
      }
    case .listServices:
      answer = .listServicesResponse(.init(service: contracts.services.map { .init(name: $0) }))
    case nil:
      throw RPCError(code: .invalidArgument, message: "a reflection request that asks for nothing")
    }
    return Response(validHost: request.host, originalRequest: request, messageResponse: answer)
  }

  /// Answers with a file, and with those that it imports, and theirs, unless the stream has had them.
  private mutating func answer(
    with file: ProtoFileDescriptor?,
    to question: String
  ) -> Response.OneOf_MessageResponse {
    guard let file else { return Self.notFound(question) }
    sentFiles.insert(file.name)
    // The file itself comes first, also if the stream has had it.
    var files = [file]
    var index = 0
    while index < files.count {
      for dependency in files[index].dependencies where sentFiles.insert(dependency.name).inserted {
        files.append(dependency)
      }
      index += 1
    }
    return .fileDescriptorResponse(.init(fileDescriptorProto: files.map(\.serializedBytes)))
  }

  private static func notFound(_ question: String) -> Response.OneOf_MessageResponse {
    let code = Int32(RPCError.Code.notFound.rawValue)
    return .errorResponse(.init(errorCode: code, errorMessage: "this server knows no \(question)"))
  }
}
