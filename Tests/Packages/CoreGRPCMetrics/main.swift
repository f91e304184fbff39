import CoreGRPC
import CoreGRPCMetrics

var configuration = Server.Configuration()
configuration.callObservers = [ServerMetrics()]
var channelConfiguration = Channel.Configuration()
channelConfiguration.callObservers = [ClientMetrics()]
let server = Server(router: RPCRouter(), configuration: configuration)
let channel = try server.makeInProcessChannel(configuration: channelConfiguration)
channel.close()
await server.shutdown()
