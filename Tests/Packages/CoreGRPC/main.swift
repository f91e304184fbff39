import CoreGRPC

let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Echo")
var router = RPCRouter()
router.registerHandler(
  forMethod: method,
  deserializer: IdentityDeserializer(),
  serializer: IdentitySerializer(),
  handler: { (request: ServerRequest<[UInt8]>, _) in ServerResponse(message: request.message) }
)
let server = Server(router: router)
let channel = try server.makeInProcessChannel()
let response = try await channel.unary(
  request: ClientRequest(message: [1, 2, 3]),
  descriptor: method,
  serializer: IdentitySerializer(),
  deserializer: IdentityDeserializer()
)
precondition(response.message == [1, 2, 3])
await server.shutdown()
