import CoreGRPC
import Glibc
import RaceSupport

/// The other end of tests that need a process of its own, which they end: `race-peer serve`,
/// `race-peer call ADDRESS SEED`, `race-peer listen ADDRESS [CERTIFICATES]`, `race-peer limit`,
/// `race-peer descriptors raised|kept`, `race-peer chaos POLLERS|pool`, `race-peer hook none|before|after|replacing`,
/// `race-peer sends SETTING...`, `race-peer block THREADS`, `race-peer signals PLACE DEED`, or `race-peer drain`.
@main
enum RacePeer {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "serve":
      let server = Server(services: [RaceService()])
      let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
      try server.start()
      say("running... \(address)")
      await server.waitUntilStopped()
    case "call":
      try await call(target: arguments.dropFirst().first ?? "", seed: arguments.last.flatMap { UInt64($0) } ?? 0)
    case "listen":
      try await listen(on: arguments.dropFirst().first ?? "", certificates: arguments.dropFirst(2).first)
    case "block":
      guard let count = arguments.dropFirst().first.flatMap({ Int($0) }) else { exit(64) }
      try await serveBlockingHandlers(maxHandlerThreads: count)
    case "limit":
      try await serveWithoutThreads()
    case "descriptors":
      try await serve(raisingDescriptorLimit: arguments.dropFirst().first != "kept")
    case "chaos":
      try await serveChaos(on: arguments.dropFirst().first ?? "")
    case "hook":
      guard let other = arguments.dropFirst().first.flatMap(OtherHook.init) else { exit(64) }
      try await callBesideHook(other)
    case "sends":
      try await countSends(Set(arguments.dropFirst()))
    case "signals":
      let words = arguments.dropFirst()
      guard let place = words.first.flatMap(Place.init), let deed = words.last.flatMap(Deed.init) else { exit(64) }
      try await handleSignals(in: place, deed)
    case "drain":
      try await serveUntilInputEnds()
    default:
      exit(64)
    }
  }

  /// Serves, and shuts down gracefully when standard input ends.
  private static func serveUntilInputEnds() async throws {
    let server = Server(services: [HoldService {}])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    say("running... \(address)")
    while readLine() != nil {}
    await server.shutdown()
  }

  /// Serves, with the default setting of the descriptor limit or without it.
  private static func serve(raisingDescriptorLimit raises: Bool) async throws {
    var configuration = Server.Configuration()
    if !raises { configuration.raisesDescriptorLimit = false }
    let server = Server(services: [RaceService()], configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    say("running... \(address)")
    await server.waitUntilStopped()
  }

  /// Makes calls until the process is killed, and at most for as many as a test can want.
  private static func call(target: String, seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let channel = try Channel(target: target)
    say("calling")
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<100_000 {
        let plan = RacePlan(using: &generator)
        if plan.disturbance == .channelClose { continue }
        if index >= 50 { await group.next() }
        group.addTask { _ = await RaceCall(plan: plan, channel: channel).run() }
      }
    }
  }

  /// Serves calls that wait for others, and says what the library logs.
  private static func listen(on address: String, certificates: String?) async throws {
    CoreGRPCLog.setHandler(minimumLevel: .info) { say("log: \($0.message)") }
    let server = Server(services: [HoldService { say("holding") }])
    let credentials = certificates.map { folder in
      ServerCredentials.tls(
        identity: TLSIdentity(
          certificateChain: .file("\(folder)/server.pem"),
          privateKey: .file("\(folder)/server.key")
        )
      )
    }
    let bound = try server.listen(on: ListenAddress(address), credentials: credentials ?? .insecure)
    try server.start()
    say("running... \(bound)")
    await server.waitUntilStopped()
  }

  /// Serves calls that keep their threads, and says what the library logs.
  private static func serveBlockingHandlers(maxHandlerThreads: Int) async throws {
    CoreGRPCLog.setHandler(minimumLevel: .error) { say("log: \($0.message)") }
    var configuration = Server.Configuration()
    configuration.maxHandlerThreads = maxHandlerThreads
    let server = Server(services: [HoldService { say("holding") }], configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    say("running... \(address)")
    await server.waitUntilStopped()
  }

  /// Serves the calls of the chaos test, on some pollers or on Swift's pool, until a call stops it.
  private static func serveChaos(on threads: String) async throws {
    var configuration = Server.Configuration()
    if let count = Int(threads) {
      configuration.polling.threads = count
    } else {
      configuration.handlerExecutor = .concurrentPool
    }
    let begin = Promise<Void>()
    let service = ChaosService { begin.fulfil(()) }
    let server = Server(services: [service], configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    say("running... \(address)")
    await begin.value()
    let began = monotonicNanoseconds()
    server.beginGracefulShutdown(gracePeriod: .milliseconds(200))
    await server.waitUntilStopped()
    say("stopped after \((monotonicNanoseconds() - began) / 1_000_000) ms")
    await service.waitUntilAllEnded()
    say("all handlers have ended")
  }

  /// Serves bytes: `Block` blocks its thread for half a second, `Wait` waits until it is cancelled, and `Limit` takes
  /// the last threads of the system away.
  private static func serveWithoutThreads() async throws {
    var router = RPCRouter()
    func register(_ method: String, _ body: @escaping @Sendable () async throws -> Void) {
      router.registerHandler(
        forMethod: MethodDescriptor(fullyQualifiedService: "test.Test", method: method),
        deserializer: IdentityDeserializer(),
        serializer: IdentitySerializer(),
        handler: { (request: ServerRequest<[UInt8]>, _) in
          try await body()
          return ServerResponse(message: request.message)
        }
      )
    }
    register("Echo") {}
    register("Block") { usleep(500_000) }
    register("Wait") {
      let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
      for await _ in stream {}
      continuation.finish()
    }
    register("Limit") {
      // The limit binds ordinary users alone.
      if getuid() == 0 { guard setgid(65534) == 0, setuid(65534) == 0 else { throw CancellationError() } }
      var limit = rlimit(rlim_cur: 1, rlim_max: 1)
      // RLIMIT_NPROC, which Glibc's module does not have.
      guard setrlimit(__rlimit_resource_t(6), &limit) == 0 else { throw CancellationError() }
    }
    let server = Server(router: router)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    say("running... \(address)")
    await server.waitUntilStopped()
  }

  static func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}
