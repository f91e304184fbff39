import CoreGRPC
import Testing

@testable import CoreGRPCLogging

@Suite("The queue of log entries, as a value")
struct LogQueueTests {
  private let start = ContinuousClock.now
  private let event = CoreGRPCLog.Event(level: .error, message: "x")

  @Test("Within the bound everything passes, in order, and the first one wakes")
  func withinBound() {
    var queue = LogQueue(maximum: 3)
    let events = ["a", "b", "c"].map { CoreGRPCLog.Event(level: .info, message: $0) }
    let wakes = events.map { queue.add($0, at: start) }
    #expect(wakes == [true, false, false])
    let batch = queue.take(at: start)
    #expect(batch.events == events)
    #expect(batch.dropped == 0 && batch.reportTime == nil)
  }

  @Test("Lines that exceed the rate are counted, and reported once the second is over")
  func rate() throws {
    var queue = LogQueue(maximum: 2)
    let wakes = (0..<5).map { _ in queue.add(event, at: start) }
    #expect(wakes == [true, false, true, false, false])
    let batch = queue.take(at: start + .milliseconds(1))
    #expect(batch.events.count == 2 && batch.dropped == 0)
    #expect(batch.reportTime == start + .seconds(1))
    // Taking makes room in the queue, but the second's share is used up.
    let wakesAgain = queue.add(event, at: start + .milliseconds(2))
    let repeated = queue.take(at: start + .milliseconds(3))
    #expect(!wakesAgain && repeated.events.isEmpty && repeated.reportTime == nil)
    let report = queue.take(at: start + .seconds(1))
    #expect(report.events.isEmpty && report.dropped == 4 && report.reportTime == nil)
    let wakesNextSecond = queue.add(event, at: start + .seconds(1))
    let next = queue.take(at: start + .seconds(1))
    #expect(wakesNextSecond && next.events.count == 1 && next.dropped == 0)
  }

  @Test("A logger that does not keep up has a bounded queue")
  func slowLogger() {
    var queue = LogQueue(maximum: 2)
    for second in 0..<10 { for _ in 0..<2 { _ = queue.add(event, at: start + .seconds(second)) } }
    let batch = queue.take(at: start + .seconds(10))
    #expect(batch.events.count == 2)
    #expect(batch.dropped == 18)
  }
}
