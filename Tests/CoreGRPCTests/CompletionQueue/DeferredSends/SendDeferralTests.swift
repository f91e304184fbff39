import TestSupport
import Testing

@testable import CoreGRPC

@Suite("The deferred sends of a polling thread")
struct SendDeferralTests {
  @Test("A flush takes them in their order, and another thread can start them until it ends")
  func flush() {
    var deferral = SendDeferral()
    var started: [any DeferrableSend] = []
    let starts = Starts()
    for number in 0..<3 {
      let isDeferred = deferral.defer(NumberedSend(number, starts), now: 0)
      #expect(isDeferred)
    }
    #expect(!deferral.isEmpty)
    for send in deferral.beginFlush() { send.startDeferred() }
    #expect(deferral.isEmpty && !deferral.isIdle)
    #expect(starts.numbers.withLock { $0 } == [0, 1, 2])
    var other = deferral
    other.takeRest().start()
    #expect(starts.numbers.withLock { $0 } == [0, 1, 2, 10, 11, 12])
    deferral.endFlush(&started)
    #expect(deferral.isIdle)
    #expect(started.count == 3)
    let rest = deferral.beginFlush()
    #expect(rest.isEmpty)
  }

  @Test("A thread that is relieved gives them away, and then defers none for a while")
  func relieved() {
    var deferral = SendDeferral()
    let starts = Starts()
    let isDeferred = deferral.defer(NumberedSend(1, starts), now: 0)
    #expect(isDeferred)
    let rest = deferral.takeRestOfStuckPoller()
    #expect(deferral.isIdle)
    rest.start()
    #expect(starts.numbers.withLock { $0 } == [1])
    let firstDeferred = (1...).first { _ in deferral.defer(NumberedSend(2, starts), now: 0) }
    #expect(firstDeferred == SendDeferralPolicy.longPause)
  }
}

private final class Starts: Sendable {
  let numbers = Locked<[Int]>([])
}

private final class NumberedSend: DeferrableSend {
  private let number: Int
  private let starts: Starts

  init(_ number: Int, _ starts: Starts) {
    self.number = number
    self.starts = starts
  }

  func startDeferred() { starts.numbers.withLock { $0.append(number) } }

  func startDeferredUnlessBusy() { starts.numbers.withLock { $0.append(10 + number) } }
}
