import Compute
import CoreGRPC
import Glibc

// Not `async`, and no Dispatch: Valgrind cannot follow Dispatch's main queue.

var arguments = CommandLine.arguments.dropFirst()
var configuration = Server.Configuration()
var address = "127.0.0.1:0"
while let argument = arguments.popFirst() {
  switch argument {
  case "--listen": address = arguments.popFirst() ?? address
  case "--pollers-executor": configuration.handlerExecutor = .pollers
  case "--pollers": configuration.pollerThreads = arguments.popFirst().flatMap { Int($0) } ?? 1
  default: fatalError("unknown argument \(argument)")
  }
}

var signals = sigset_t()
sigemptyset(&signals)
sigaddset(&signals, SIGTERM)
sigaddset(&signals, SIGINT)
pthread_sigmask(SIG_BLOCK, &signals, nil)

let server = Server(services: [ComputeService()], configuration: configuration)
print("running...", try server.listen(on: try ListenAddress(address)))
try server.start()
var signal: Int32 = 0
sigwait(&signals, &signal)
