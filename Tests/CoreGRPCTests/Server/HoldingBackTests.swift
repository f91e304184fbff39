import Testing

@testable import CoreGRPC

@Suite("Whether last batches are held back")
struct HoldingBackTests {
  /// Holds a batch back as long as there are events, and counts those that were held together.
  private func burst(_ holding: inout HoldingBack, events: Int, now: UInt64 = 0) -> Int {
    var count = holding.hold(now: now) ? 1 : 0
    guard holding.waits(hadEvent: nil, now: now) else { return count }
    for _ in 0..<events {
      if holding.hold(now: now) { count += 1 }
      guard holding.waits(hadEvent: true, now: now) else { break }
    }
    _ = holding.waits(hadEvent: false, now: now)
    holding.letGo()
    return count
  }

  @Test("What comes with other events is started together with them, time and again")
  func together() {
    var holding = HoldingBack()
    let counts = (0..<100).map { _ in burst(&holding, events: 9) }
    #expect(counts.allSatisfy { $0 == 10 })
  }

  @Test("What comes with few other events is soon started at once: its clients wait for it")
  func shortRuns() {
    var holding = HoldingBack()
    let counts = (0..<1_000).map { _ in burst(&holding, events: HoldingBack.leastRun / 2) }
    #expect(counts.prefix(2) == [1 + HoldingBack.leastRun / 2, 1 + HoldingBack.leastRun / 2])
    #expect(counts.filter { $0 > 0 }.count < 100)
  }

  @Test("No more than a number of them is held back")
  func largestCount() {
    var holding = HoldingBack()
    let counts = (0..<2).map { _ in burst(&holding, events: 1_000) }
    #expect(counts == [HoldingBack.largestCount, HoldingBack.largestCount])
  }

  @Test("Nor longer than a time")
  func longestTime() {
    var holding = HoldingBack()
    let isHeld = holding.hold(now: 1_000)
    let isHeldToo = holding.hold(now: HoldingBack.longestTime)
    let waitsBefore = holding.waits(hadEvent: true, now: HoldingBack.longestTime + 999)
    let waitsAfter = holding.waits(hadEvent: true, now: HoldingBack.longestTime + 1_000)
    #expect(isHeld && isHeldToo && waitsBefore && !waitsAfter)
  }

  @Test("While there are no other events, nearly all are started at once, and events are noticed again")
  func alone() {
    var holding = HoldingBack()
    let held = (0..<1_000).filter { _ in burst(&holding, events: 0) == 1 }
    #expect(held.count < 30)
    #expect(held.count > 10)
    var bursts = 0
    while burst(&holding, events: 9) < 10 { bursts += 1 }
    #expect(bursts <= HoldingBack.shortPause)
    let next = burst(&holding, events: 9)
    #expect(next == 10)
  }

  @Test("After code that did not return nothing is held back for a while")
  func codeTookLong() {
    var holding = HoldingBack()
    holding.codeTookLong()
    let held = (1...HoldingBack.longPause).filter { _ in holding.hold(now: 0) }
    #expect(held == [HoldingBack.longPause])
  }

  @Test("What another thread has held back does not wait")
  func inherited() {
    var holding = HoldingBack()
    let waits = holding.waits(hadEvent: nil, now: 0)
    #expect(!waits)
  }
}
