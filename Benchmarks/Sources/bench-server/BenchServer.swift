import Bench
import Compute
import CoreGRPC
import Glibc

/// The server that is measured, in the default configuration unless an option says otherwise.
///
/// `main` is not `async`, because Valgrind cannot follow Dispatch's main queue.
@main
struct BenchServer {
  static func main() throws {
    var arguments = CommandLine.arguments.dropFirst()
    var configuration = Server.Configuration()
    var port = "0"
    var certificate: String?
    var key: String?
    while let name = arguments.popFirst() {
      if name == "--lean" {
        configuration.isLean = true
        continue
      }
      if name == "--channelz" {
        configuration.isChannelzEnabled = true
        continue
      }
      if name == "--metrics" {
        configuration.callObservers = Measurement.ofServer()
        continue
      }
      guard let value = arguments.popFirst() else { usage() }
      switch name {
      case "--port": port = value
      case "--tls-cert": certificate = value
      case "--tls-key": key = value
      case "--pollers": configuration.polling.threads = Int(value) ?? 1
      case "--busy-polling" where value == "never": configuration.polling.busyPolling = .never
      case "--busy-polling" where value == "always": configuration.polling.busyPolling = .always
      case "--handlers" where value == "pool": configuration.handlerExecutor = .concurrentPool
      default: usage()
      }
    }
    var credentials = ServerCredentials.insecure
    if let certificate, let key {
      credentials = .tls(identity: TLSIdentity(certificateChain: .file(certificate), privateKey: .file(key)))
    }

    // Before the first thread: threads inherit that the signals are blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_BLOCK, &signals, nil)

    let server = Server(services: [ComputeService(), BenchService()], configuration: configuration)
    print("running...", try server.listen(on: try ListenAddress("127.0.0.1:" + port), credentials: credentials))
    fflush(nil)
    try server.start()
    var signal: Int32 = 0
    sigwait(&signals, &signal)
    exit(0)
  }

  private static func usage() -> Never {
    print(
      """
      usage: bench-server [--lean] [--channelz] [--metrics] [--port N] [--tls-cert FILE --tls-key FILE]
                          [--pollers N] [--handlers pool] [--busy-polling never|always]
      """
    )
    exit(64)
  }
}
