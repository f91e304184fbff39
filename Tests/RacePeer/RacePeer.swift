import CoreGRPC
import Glibc
import RaceSupport

/// The other end of the race tests, in a process that they kill: `race-peer serve` or `race-peer call ADDRESS SEED`.
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

  private static func say(_ line: String) {
    print(line)
    fflush(nil)
  }
}
