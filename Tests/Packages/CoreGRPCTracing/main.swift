import CoreGRPC
import CoreGRPCTracing

let server = Server(router: RPCRouter(), interceptors: [TracingServerInterceptor()])
let channel = try server.makeInProcessChannel(interceptors: [TracingClientInterceptor()])
channel.close()
await server.shutdown()
