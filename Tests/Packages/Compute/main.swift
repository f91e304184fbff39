import Compute
import CoreGRPC
import ProtobufC

let server = Server(services: [ComputeService()])
let client = Compute_Compute.Client(channel: try server.makeInProcessChannel())
let reply = try await client.sayHello(Compute_HelloRequest(helloworld: "abc"))
precondition(reply.result == "3")
await server.shutdown()
