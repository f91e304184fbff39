import CoreGRPC
import TestSupport
import Testing

@testable import CoreGRPCServices

@Suite("The statuses of services, and their watches", .timeLimit(.minutes(1)))
struct HealthStatusesTests {
  private let statuses = HealthStatuses()

  /// The status that a watch has to tell; `nil` if it has an end to tell.
  private func status(_ number: HealthStatuses.WatchNumber) async -> ServingStatus?? {
    if case .status(let status) = await statuses.nextNews(for: number) { status } else { nil }
  }

  @Test("A watch that does not ask keeps the newest status only")
  func coalescing() async {
    let number = statuses.beginWatch(ofService: "")
    #expect(await status(number) == .some(.serving))
    for _ in 0..<1_000 {
      statuses.update(.notServing, forService: "")
      statuses.update(.serving, forService: "")
    }
    statuses.update(.notServing, forService: "")
    #expect(await status(number) == .some(.notServing))
    // There is nothing more to tell, until the next change.
    async let next = status(number)
    statuses.update(.serving, forService: "")
    #expect(await next == .some(.serving))
  }

  @Test("A status that returns to the one last told is not told again")
  func unchanged() async {
    let number = statuses.beginWatch(ofService: "")
    #expect(await status(number) == .some(.serving))
    statuses.update(.notServing, forService: "")
    statuses.update(.serving, forService: "")
    statuses.endForShutdown(number)
    // Not `.serving` once more.
    #expect(await status(number) == .some(.notServing))
  }

  @Test("A watch waits while there is no news, and many at a time are woken by one change")
  func waiting() async {
    let (told, allWait) = (Counter(), Gate())
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<100 {
        group.addTask {
          let number = statuses.beginWatch(ofService: "a")
          #expect(await status(number) == .some(nil))
          if told.add() == 100 { allWait.open() }
          #expect(await status(number) == .some(.serving))
          statuses.remove(number)
        }
      }
      await allWait.pass()
      statuses.update(.serving, forService: "a")
    }
    #expect(statuses.watchCount == 0)
  }

  @Test("A shutdown ends a watch after NOT_SERVING, and later changes do not reach it")
  func shutdown() async {
    let number = statuses.beginWatch(ofService: "")
    #expect(await status(number) == .some(.serving))
    statuses.endForShutdown(number)
    statuses.update(.notServing, forService: "")
    statuses.update(.serving, forService: "")
    #expect(await status(number) == .some(.notServing))
    #expect(await statuses.nextNews(for: number) == .shutdown)
  }

  @Test("A cancelled task waits no longer, also if it is cancelled before")
  func cancellation() async {
    let number = statuses.beginWatch(ofService: "")
    #expect(await status(number) == .some(.serving))
    let task = Task { await statuses.nextNews(for: number) }
    task.cancel()
    #expect(await task.value == .cancelled)
    // A shutdown does not make it tell more.
    statuses.endForShutdown(number)
    #expect(await statuses.nextNews(for: number) == .cancelled)
  }
}
