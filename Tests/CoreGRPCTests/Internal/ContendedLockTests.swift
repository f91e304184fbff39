import Glibc
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("A lock that many threads want", .timeLimit(.minutes(5)))
struct ContendedLockTests {
  @Test("One thread at a time has the value")
  func exclusion() async {
    let (threadCount, turns) = (8, 2_000)
    let lock = ContendedLock((count: 0, isInside: false, overlaps: 0))
    let (ended, done) = (Counter(), Gate())
    for _ in 0..<threadCount {
      let isStarted = Thread.spawn(name: "contender") {
        for _ in 0..<turns {
          lock.withLock { value in
            if value.isInside { value.overlaps += 1 }
            value.isInside = true
            // Others have a chance to come in.
            if value.count.isMultiple(of: 64) { sched_yield() }
            value.count += 1
            value.isInside = false
          }
        }
        if ended.add() == threadCount { done.open() }
      }
      #expect(isStarted)
    }
    await done.pass()
    let value = lock.withLock { $0 }
    #expect(value.count == threadCount * turns)
    #expect(value.overlaps == 0)
  }

  @Test("The caller gets the error that the body throws, and the lock is free again")
  func error() {
    let lock = ContendedLock(1)
    #expect(throws: CancellationError.self) {
      try lock.withLock { value in
        value = 2
        throw CancellationError()
      }
    }
    #expect(lock.withLock { $0 } == 2)
  }
}
