package import CoreGRPC

/// Serves the calls of the race test: does what their metadata says.
package struct RaceService: RegistrableRPCService {
  /// Creates the service.
  package init() {}

  private struct Thrown: Error {}

  package static func method(_ kind: RacePlan.Kind) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "race.Race", method: "\(kind)")
  }

  package func registerMethods(with router: inout RPCRouter) {
    let deserializer = IdentityDeserializer()
    let serializer = IdentitySerializer()
    router.registerHandler(
      forMethod: Self.method(.unary),
      deserializer: deserializer,
      serializer: serializer,
      handler: { (request: ServerRequest<[UInt8]>, _) in
        try await Self.disturb(request.metadata)
        return ServerResponse(message: request.message)
      }
    )
    router.registerHandler(
      forMethod: Self.method(.clientStreaming),
      deserializer: deserializer,
      serializer: serializer,
      handler: { (request: StreamingServerRequest<[UInt8]>, _) in
        let count = try await request.messages.reduce(0) { sum, _ in sum + 1 }
        try await Self.disturb(request.metadata)
        return ServerResponse(message: [UInt8(count)])
      }
    )
    router.registerHandler(
      forMethod: Self.method(.serverStreaming),
      deserializer: deserializer,
      serializer: serializer,
      handler: { (request: ServerRequest<[UInt8]>, _) in
        StreamingServerResponse { writer in
          let count = request.metadata[stringValues: "x-messages"].first.flatMap(Int.init) ?? 0
          for _ in 0..<count { try await writer.write(request.message) }
          try await Self.disturb(request.metadata)
          return [:]
        }
      }
    )
    router.registerHandler(
      forMethod: Self.method(.bidirectional),
      deserializer: deserializer,
      serializer: serializer,
      handler: { (request: StreamingServerRequest<[UInt8]>, _) in
        StreamingServerResponse { writer in
          for try await message in request.messages { try await writer.write(message) }
          try await Self.disturb(request.metadata)
          return [:]
        }
      }
    )
  }

  private static func disturb(_ metadata: Metadata) async throws {
    for _ in 0..<(metadata[stringValues: "x-yields"].first.flatMap(Int.init) ?? 0) { await Task.yield() }
    switch metadata[stringValues: "x-fail"].first {
    case "error": throw RPCError(code: .aborted, message: "as asked")
    case "throw": throw Thrown()
    default: break
    }
  }
}
