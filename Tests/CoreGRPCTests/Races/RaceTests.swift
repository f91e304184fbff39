import CoreGRPC
import Foundation
import RaceSupport
import TestSupport
import Testing

/// Cancels, deadlines, errors, shutdowns and closed channels thrown at calls of all four kinds, in an order that
/// follows from a seed as far as the scheduler allows.
///
/// `COREGRPC_RACE_CALLS` sets how many calls there are, `COREGRPC_RACE_SEED` the seed: see `scripts/race`.
@Suite("Races", .serialized, .timeLimit(.minutes(30)))
struct RaceTests {
  private static func setting(_ name: String, default value: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? value
  }

  private static let calls = Int(setting("COREGRPC_RACE_CALLS", default: 4_000))
  private static let seed = setting("COREGRPC_RACE_SEED", default: 20_260_101)

  @Test("Every call has exactly one outcome, and one that its plan allows")
  func races() async throws {
    var generator = SeededGenerator(seed: Self.seed)
    let perRound = 200
    for round in 0..<max(1, Self.calls / perRound) {
      let plans = (0..<perRound).map { _ in RacePlan(using: &generator) }
      try await race(plans, stopsServer: round % 2 == 1, stopsAfter: Int.random(in: 0..<perRound, using: &generator))
    }
  }

  @Test("A server that is killed leaves every call with exactly one outcome")
  func killedServer() async throws {
    var generator = SeededGenerator(seed: Self.seed &+ 1)
    for _ in 0..<max(1, Self.calls / 1_000) {
      let server = try ChildProcess(Locations.executable("race-peer"), ["serve"])
      let channel = try Channel(target: try #require(await server.line(after: "running... ")))
      let killsAfter = Int.random(in: 0..<150, using: &generator)
      let plans = (0..<200).map { _ in RacePlan(using: &generator) }.filter { $0.disturbance != .channelClose }
      let ended = Counter()
      let outcomes = await withTaskGroup(of: (RacePlan, RaceOutcome).self) { group in
        for plan in plans {
          group.addTask {
            let outcome = await RaceCall(plan: plan, channel: channel).run()
            if ended.add() == killsAfter + 1 { server.signal(SIGKILL) }
            return (plan, outcome)
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(await server.outcome().wasKilled)
      #expect(outcomes.count == plans.count)
      for (plan, outcome) in outcomes where !plan.allows(outcome, isStopping: true) {
        Issue.record("seed \(Self.seed): \(plan): \(outcome)")
      }
    }
  }

  @Test("A client that is killed leaves no handler behind")
  func killedClient() async throws {
    for round in 0..<max(1, Self.calls / 1_000) {
      let observer = HandlerObserver()
      let server = Server(services: [RaceService()], interceptors: [observer])
      let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
      try server.start()
      let client = try ChildProcess(
        Locations.executable("race-peer"),
        ["call", address.description, String(Self.seed &+ UInt64(round))]
      )
      #expect(await client.line(after: "calling") != nil)
      await observer.hundredBegan.pass()
      client.signal(SIGKILL)
      #expect(await client.outcome().wasKilled)
      // Without a grace period that could cancel them: the handlers end because their client is gone.
      await server.shutdown()
      await observer.waitUntilAllEnded()
    }
  }

  private func race(_ plans: [RacePlan], stopsServer: Bool, stopsAfter: Int) async throws {
    let server = Server(services: [RaceService()])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0")).description
    try server.start()
    let shared = try Channel(target: address)
    let ended = Counter()
    let outcomes = try await withThrowingTaskGroup(of: (RacePlan, RaceOutcome).self) { group in
      for plan in plans {
        // A channel that is closed is a channel of the call's own.
        let channel = plan.disturbance == .channelClose ? try Channel(target: address) : shared
        group.addTask {
          let outcome = await RaceCall(plan: plan, channel: channel).run()
          if ended.add() == stopsAfter + 1, stopsServer {
            server.beginGracefulShutdown(gracePeriod: .zero)
          }
          return (plan, outcome)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    await server.shutdown(gracePeriod: .seconds(60))
    #expect(outcomes.count == plans.count)
    for (plan, outcome) in outcomes where !plan.allows(outcome, isStopping: stopsServer) {
      Issue.record("seed \(Self.seed): \(plan): \(outcome)")
    }
  }
}
