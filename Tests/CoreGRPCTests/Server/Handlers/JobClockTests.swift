import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("The length of a job", .timeLimit(.minutes(5)))
struct JobClockTests {
  private static let longJob = HandlerProbation.longJob

  /// Computes until the current thread has used a processor for a time.
  private static func compute(for time: UInt64) {
    let end = ThreadTime.nanoseconds + time
    while ThreadTime.nanoseconds < end {}
  }

  @Test("A job that computes is as long as it computes, and one that sleeps as long as it sleeps")
  func holdsThread() {
    let computing = JobClock()
    Self.compute(for: 3 * Self.longJob)
    #expect(computing.stop(longJob: Self.longJob).length >= 3 * Self.longJob)
    let sleeping = JobClock()
    usleep(3_000)
    #expect(sleeping.stop(longJob: Self.longJob).length >= 3 * Self.longJob)
  }

  @Test("The time for which a job waits for a processor does not count")
  func waitsForProcessor() async throws {
    let isOver = Atomic(false)
    defer { isOver.store(true, ordering: .relaxed) }
    for _ in 0..<2 * Processors.count {
      let isSpawned = Thread.spawn(name: "test-spinner") { while !isOver.load(ordering: .relaxed) {} }
      try #require(isSpawned)
    }
    let shortest = Promise<UInt64>()
    let isSpawned = Thread.spawn(name: "test-job") {
      while true {
        let began = MonotonicTime.nanoseconds
        let clock = JobClock()
        Self.compute(for: Self.longJob / 10)
        let (now, length) = clock.stop(longJob: Self.longJob)
        let time = now - began
        // Until another thread has had the processor meanwhile, and that has not been counted. A virtual machine's
        // host may take the processor, too, which counts. The test's time limit ends this.
        if time >= 3 * Self.longJob, length < time / 2 { return shortest.fulfil(length) }
      }
    }
    try #require(isSpawned)
    #expect(await shortest.value() >= Self.longJob / 10)
  }
}
