import CoreGRPC
import Glibc
import RaceSupport

/// The other end of tests that need a process of its own, which they end: `race-peer serve`, `race-peer call ADDRESS SEED`, or
/// `race-peer listen ADDRESS [CERTIFICATES]`.
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
    default:
      exit(64)
    }
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

  private static func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}
