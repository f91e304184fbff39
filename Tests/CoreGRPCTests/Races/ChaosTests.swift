import CoreGRPC
import Foundation
import RaceSupport
import TestSupport
import Testing

/// Handlers that block, compute, yield without end, cancel themselves, and block in cancellation handlers, beside
/// deadlines, cancellations and a shutdown: the server is a process of its own, with one to three pollers or on Swift's
/// pool.
///
/// The calls follow from a seed. `COREGRPC_RACE_CALLS` and `COREGRPC_RACE_SEED` set their number and the seed: see
/// `scripts/race`. Each arrangement prints how many calls ended, or reached their handlers, more than 50 ms after their
/// time: a figure to look at, since it depends on the machine.
@Suite("Chaos", .serialized, .timeLimit(.minutes(30)))
struct ChaosTests {
  private static func setting(_ name: String, default value: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? value
  }

  private static let calls = Int(setting("COREGRPC_RACE_CALLS", default: 4_000)) / 10
  private static let seed = setting("COREGRPC_RACE_SEED", default: 20_260_101)
  private static let concurrency = 16

  @Test(
    "Whatever handlers do, each call has one outcome that its plan allows, and the server stops",
    arguments: ["1", "2", "3", "pool"]
  )
  func chaos(threads: String) async throws {
    let server = try ChildProcess(Locations.executable("race-peer"), ["chaos", threads])
    let target = try #require(await server.line(after: "running... "))
    let channel = try Channel(target: target)
    var generator = SeededGenerator(seed: Self.seed)
    let results = await run((0..<Self.calls).map { ChaosPlan(identifier: UInt64($0), using: &generator) }, on: channel)
    check(results, isStopping: false)
    let report: ChaosService.Report
    do {
      report = ChaosService.Report(try await control(ChaosService.report, on: channel))
    } catch {
      server.signal(SIGTERM)
      Issue.record("\(error), and the server: \(await server.outcome())")
      return
    }
    #expect(report.began > 0)

    // The same once more, while the server stops.
    let last = (0..<100).map { ChaosPlan(identifier: UInt64(Self.calls + $0), using: &generator) }
    let stoppingChannel = try Channel(target: target)
    async let lastResults = run(last, on: stoppingChannel)
    await #expect(throws: Never.self) { _ = try await control(ChaosService.stop, on: channel) }
    check(await lastResults, isStopping: true)
    let stopTime = await server.line(after: "stopped after ")
    let outcome = await server.outcome()
    #expect(outcome.status == 0 && !outcome.wasKilled, "\(outcome.errors)")
    #expect(outcome.output.contains("all handlers have ended"))

    let due = results.filter { $0.dueTime != nil && $0.outcome != .success }
    let ends = Lateness(due.map { ($0.endTime, $0.dueTime) })
    func handlers(_ sharesMethod: Bool) -> Lateness {
      let calls = due.filter { $0.plan.sharesMethod == sharesMethod }
      return Lateness(calls.compactMap { call in report.cancelTimes[call.plan.identifier].map { ($0, call.dueTime) } })
    }
    print(
      """
      chaos on \(threads): calls \(ends); handlers \(handlers(false)), and of methods with blocking handlers \(handlers(true)); \
      a shutdown with a grace period of 200 ms took \(stopTime ?? "?")
      """
    )
  }

  /// The delays with which some things happened.
  private struct Lateness: CustomStringConvertible {
    private let milliseconds: [Int]

    init(_ times: [(time: UInt64, dueTime: UInt64?)]) {
      milliseconds = times.map { Int($0.time / 1_000_000) - Int(($0.dueTime ?? $0.time) / 1_000_000) }.sorted()
    }

    var description: String {
      guard let latest = milliseconds.last else { return "none" }
      let median = milliseconds[milliseconds.count / 2]
      return
        "\(milliseconds.count): median \(median), latest \(latest) ms, \(milliseconds.count { $0 > 50 }) over 50 ms"
    }
  }

  private func control(_ method: MethodDescriptor, on channel: Channel) async throws -> [UInt8] {
    try await channel.unary(
      request: ClientRequest(message: [] as [UInt8]),
      descriptor: method,
      options: CallOptions(timeout: .seconds(300))
    ).message
  }

  private func run(_ plans: [ChaosPlan], on channel: Channel) async -> [ChaosCall.Result] {
    await withTaskGroup(of: ChaosCall.Result.self) { group in
      var results: [ChaosCall.Result] = []
      for (index, plan) in plans.enumerated() {
        if index >= Self.concurrency, let result = await group.next() { results.append(result) }
        group.addTask { await ChaosCall(plan: plan, channel: channel).run() }
      }
      for await result in group { results.append(result) }
      return results
    }
  }

  private func check(_ results: [ChaosCall.Result], isStopping: Bool) {
    for result in results where !result.plan.allows(result.outcome, isStopping: isStopping) {
      Issue.record("seed \(Self.seed): \(result.plan): \(result.outcome)")
    }
  }
}
