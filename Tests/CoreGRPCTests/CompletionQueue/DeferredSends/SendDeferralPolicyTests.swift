import Testing

@testable import CoreGRPC

@Suite("When sends are deferred")
struct SendDeferralPolicyTests {
  /// Defers sends as long as there are events, and counts those that were deferred together.
  private func burst(_ policy: inout SendDeferralPolicy, events: Int, now: UInt64 = 0) -> Int {
    var count = policy.defers(now: now) ? 1 : 0
    guard policy.waits(hadEvent: nil, now: now) else { return count }
    for _ in 0..<events {
      if policy.defers(now: now) { count += 1 }
      guard policy.waits(hadEvent: true, now: now) else { break }
    }
    _ = policy.waits(hadEvent: false, now: now)
    policy.flushed()
    return count
  }

  @Test("Sends that come with other events are started together with them, time and again")
  func together() {
    var policy = SendDeferralPolicy()
    let counts = (0..<100).map { _ in burst(&policy, events: 9) }
    #expect(counts.allSatisfy { $0 == 10 })
  }

  @Test("Sends that come with few other events are soon started immediately: their clients wait for them")
  func shortRuns() {
    var policy = SendDeferralPolicy()
    let counts = (0..<1_000).map { _ in burst(&policy, events: SendDeferralPolicy.leastRun / 2) }
    let first: Int = 1 + SendDeferralPolicy.leastRun / 2
    #expect(Array(counts.prefix(2)) == [first, first])
    #expect(counts.filter { $0 > 0 }.count < 100)
  }

  @Test("No more than a number of them is deferred")
  func largestCount() {
    var policy = SendDeferralPolicy()
    let counts = (0..<2).map { _ in burst(&policy, events: 1_000) }
    #expect(counts == [SendDeferralPolicy.largestCount, SendDeferralPolicy.largestCount])
  }

  @Test("Nor longer than a time")
  func longestTime() {
    var policy = SendDeferralPolicy()
    let isDeferred = policy.defers(now: 1_000)
    let isDeferredToo = policy.defers(now: SendDeferralPolicy.longestTime)
    let waitsBefore = policy.waits(hadEvent: true, now: SendDeferralPolicy.longestTime + 999)
    let waitsAfter = policy.waits(hadEvent: true, now: SendDeferralPolicy.longestTime + 1_000)
    #expect(isDeferred && isDeferredToo && waitsBefore && !waitsAfter)
  }

  @Test("While there are no other events, nearly all are started immediately, and events are noticed again")
  func alone() {
    var policy = SendDeferralPolicy()
    let deferred = (0..<1_000).filter { _ in burst(&policy, events: 0) == 1 }
    #expect(deferred.count < 30)
    #expect(deferred.count > 10)
    var bursts = 0
    while burst(&policy, events: 9) < 10 { bursts += 1 }
    #expect(bursts <= SendDeferralPolicy.shortPause)
    let next = burst(&policy, events: 9)
    #expect(next == 10)
  }

  @Test("After program code that did not return nothing is deferred for a while")
  func programTookLong() {
    var policy = SendDeferralPolicy()
    policy.programTookLong()
    let deferred = (1...SendDeferralPolicy.longPause).filter { _ in policy.defers(now: 0) }
    #expect(deferred == [SendDeferralPolicy.longPause])
  }

  @Test("The sends that another thread has deferred do not wait")
  func inherited() {
    var policy = SendDeferralPolicy()
    let waits = policy.waits(hadEvent: nil, now: 0)
    #expect(!waits)
  }
}
