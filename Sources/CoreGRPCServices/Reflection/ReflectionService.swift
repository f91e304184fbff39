public import CoreGRPC
internal import CoreGRPCProtobuf
public import ProtobufC

/// gRPC's reflection service, which tells clients such as grpcurl, Postman and k6 the contracts of a server's services.
///
/// ```swift
/// let services: [any RegistrableRPCService] = [GreeterService(), HealthService()]
/// let server = Server(services: services + [ReflectionService(services: services)])
/// ```
///
/// The contracts are in the program: generated code has a descriptor of each `.proto` file. The service answers in both
/// of its versions, `grpc.reflection.v1.ServerReflection` and, for older clients, `grpc.reflection.v1alpha`. It answers
/// all five requests, and describes itself, too.
///
/// A request for a file is answered with the file and with the files that it imports, and theirs, unless the stream has
/// had them: well-known types are among them. An unknown name is answered by NOT_FOUND in the stream, which continues.
///
/// The contracts are public to everyone who can call the server. Where that is not wanted, leave the service out, or
/// let an interceptor ask for a token.
///
/// Use it from any thread.
public struct ReflectionService: RegistrableRPCService {
  private let contracts: Contracts

  /// Creates a reflection service.
  ///
  /// It reads the descriptors, once.
  ///
  /// - Parameters:
  ///   - services: The services to describe, as a rule all others of the server. Of a service that is no
  ///     `ProtobufService`, because no generated code is behind it, clients learn the name only.
  ///   - files: Further files to describe, such as those with extensions, or with messages that are packed into
  ///     `google.protobuf.Any`. Defaults to none.
  public init(services: [any RegistrableRPCService], files: [ProtoFileDescriptor] = []) {
    var router = RPCRouter()
    for service in services { service.registerMethods(with: &router) }
    let names = Set(router.methods.map(\.service)).union(Self.descriptors)
    contracts = Contracts(
      services: names.map(\.fullyQualifiedService),
      files: services.compactMap { ($0 as? any ProtobufService).map { type(of: $0).protoFileDescriptor } } + files + [
        Grpc_Reflection_V1_ReflectionFile.descriptor, Grpc_Reflection_V1alpha_ReflectionFile.descriptor,
      ]
    )
  }

  /// The names of the service, in both versions: for interceptors that apply to other services only.
  public static var descriptors: Set<ServiceDescriptor> {
    [Grpc_Reflection_V1_ServerReflection.descriptor, Grpc_Reflection_V1alpha_ServerReflection.descriptor]
  }

  /// Registers the methods of both versions.
  public func registerMethods(with router: inout RPCRouter) {
    // The messages of both versions are the same on the wire.
    for method in [
      Grpc_Reflection_V1_ServerReflection.Method.ServerReflectionInfo.descriptor,
      Grpc_Reflection_V1alpha_ServerReflection.Method.ServerReflectionInfo.descriptor,
    ] {
      router.registerHandler(
        forMethod: method,
        deserializer: ProtobufDeserializer<Grpc_Reflection_V1_ServerReflectionRequest>(),
        serializer: ProtobufSerializer<Grpc_Reflection_V1_ServerReflectionResponse>(),
        handler: { [contracts] (request: StreamingServerRequest, _) in
          StreamingServerResponse { writer in
            var answers = ReflectionAnswers(contracts: contracts)
            for try await message in request.messages { try await writer.write(try answers.answer(to: message)) }
            return [:]
          }
        }
      )
    }
  }
}
