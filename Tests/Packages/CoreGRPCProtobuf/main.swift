// All modules of the product: a target with generated code imports them.
import CoreGRPC
import CoreGRPCProtobuf
import ProtobufC
import ProtobufCWellKnownTypes

let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Wait")
var router = RPCRouter()
router.registerHandler(
  forMethod: method,
  deserializer: ProtobufDeserializer<Google_Protobuf_Duration>(),
  serializer: ProtobufSerializer<Google_Protobuf_Duration>(),
  handler: { (request: ServerRequest<Google_Protobuf_Duration>, _) in
    guard request.message.seconds > 0 else { throw GoogleRPCStatus(code: .invalidArgument, message: "no time") }
    return ServerResponse(message: request.message)
  }
)
let server = Server(router: router)
let channel = try server.makeInProcessChannel()

func wait(seconds: Int64) async throws(RPCError) -> Google_Protobuf_Duration {
  try await channel.unary(
    request: ClientRequest(message: Google_Protobuf_Duration(seconds: seconds)),
    descriptor: method,
    serializer: ProtobufSerializer<Google_Protobuf_Duration>(),
    deserializer: ProtobufDeserializer<Google_Protobuf_Duration>()
  ).message
}

let answer = try await wait(seconds: 3)
precondition(answer.seconds == 3)
do throws(RPCError) {
  _ = try await wait(seconds: 0)
  preconditionFailure("the call did not fail")
} catch {
  precondition(error.code == .invalidArgument)
}
await server.shutdown()
