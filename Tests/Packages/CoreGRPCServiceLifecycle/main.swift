import CoreGRPC
import CoreGRPCServiceLifecycle
import Logging
import ServiceLifecycle

let (starts, start) = AsyncStream<Void>.makeStream()
let service = ServerService(
  Server(router: RPCRouter()),
  listeningOn: [.tcp(host: "127.0.0.1", port: 0)],
  onStart: { _ in start.finish() }
)
let group = ServiceGroup(services: [service], logger: Logger(label: "test"))
let run = Task { try await group.run() }
for await _ in starts {}
await group.triggerGracefulShutdown()
try await run.value
