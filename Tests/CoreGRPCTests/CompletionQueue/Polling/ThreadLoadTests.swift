import Synchronization
import Testing

@testable import CoreGRPC

@Suite("The system's figures of a thread", .timeLimit(.minutes(5)))
struct ThreadLoadTests {
  /// A thread that spins until it is released.
  private final class Spinner: Sendable {
    let load = Locked<ThreadLoad?>(nil)
    let isReleased = Atomic(false)
    let rounds = Atomic(0)
  }

  @Test("A thread that would run is not idle, although it waits for a processor most of the time")
  func spinners() throws {
    // More than there are processors, so that some wait for one at any time.
    let spinners = (0..<4 * Processors.count).map { _ in Spinner() }
    defer { for spinner in spinners { spinner.isReleased.store(true, ordering: .relaxed) } }
    for spinner in spinners {
      try #require(
        Thread.spawn(name: "test-spinner") {
          spinner.load.withLock { $0 = ThreadLoad() }
          while !spinner.isReleased.load(ordering: .relaxed) { spinner.rounds.add(1, ordering: .relaxed) }
        }
      )
    }
    // All of them run now.
    for spinner in spinners { while spinner.rounds.load(ordering: .relaxed) == 0 {} }
    let loads = try spinners.map { spinner in try #require(spinner.load.withLock { $0 }) }
    // Few rounds: this thread, too, waits for a processor most of the time.
    for _ in 0..<20 {
      for load in loads { #expect(load.isIdle == false) }
    }
    #expect(loads.allSatisfy { $0.totals.runTime > .zero })
  }

  @Test("A thread that waits for a signal is idle")
  func waiter() throws {
    let load = Locked<ThreadLoad?>(nil)
    let wakeUp = Semaphore()
    defer { wakeUp.signal() }
    try #require(
      Thread.spawn(name: "test-waiter") {
        load.withLock { $0 = ThreadLoad() }
        wakeUp.wait()
      }
    )
    // Until the thread has come to its wait; the test's time limit ends this.
    while true {
      if let load = load.withLock({ $0 }), load.isIdle == true { break }
    }
  }
}
