import CoreGRPC
import CoreGRPCServices

let health = HealthService()
health.provider.updateStatus(.notServing, forService: ServiceDescriptor(fullyQualifiedService: "test.Test"))
let server = Server(services: [health, ReflectionService(services: [health])])
let channel = try server.makeInProcessChannel()

/// Asks for the status of a service: the messages are a string in field 1, and an enum in field 1.
func check(_ service: String) async throws(RPCError) -> [UInt8] {
  try await channel.unary(
    request: ClientRequest(message: service.isEmpty ? [] : [0x0A, UInt8(service.utf8.count)] + Array(service.utf8)),
    descriptor: MethodDescriptor(service: HealthService.descriptor, method: "Check"),
    serializer: IdentitySerializer(),
    deserializer: IdentityDeserializer()
  ).message
}

let whole = try await check("")
precondition(whole == [0x08, 1])
let one = try await check("test.Test")
precondition(one == [0x08, 2])
await server.shutdown()
