import Testing

@testable import CoreGRPC

@Suite("Diagnosis of listeners")
struct ListenerDiagnosisTests {
  private var diagnosis = ListenerDiagnosis(failures: 0)

  private mutating func look(
    isWaiting: Bool = true,
    hasPolled: Bool = true,
    failures: Int = 1,
    accepted: Set<UInt>? = [1, 2]
  ) -> ListenerDiagnosis.Verdict {
    diagnosis.look(isWaiting: isWaiting, hasPolled: hasPolled, failures: failures, accepted: { accepted })
  }

  @Test("After a failure, connections that wait while threads poll and none is accepted mean a dead listener")
  mutating func dead() {
    for _ in 1..<ListenerDiagnosis.looks { #expect(look() == .unclear) }
    #expect(look() == .dead)
  }

  @Test("Without a failure, connections may wait for many looks, as a storm of them does")
  mutating func noFailure() {
    for _ in 1..<ListenerDiagnosis.looksWithoutFailure { #expect(look(failures: 0) == .waits) }
    #expect(look(failures: 0) == .dead)
  }

  @Test("A listener that accepts connections after a failure was not the one that failed")
  mutating func otherListener() {
    #expect(look(accepted: [1]) == .unclear)
    #expect(look(accepted: [1, 2]) == .waits)
    for _ in 0..<ListenerDiagnosis.looks { #expect(look(accepted: [1, 2]) == .waits) }
  }

  @Test("Connections accepted in the same second as a failure do not refute it")
  mutating func failureAfterConnections() {
    #expect(look(failures: 0, accepted: [1]) == .waits)
    #expect(look(failures: 1, accepted: [1, 2]) == .unclear)
    for _ in 2..<ListenerDiagnosis.looks { #expect(look(failures: 1, accepted: [1, 2]) == .unclear) }
    #expect(look(failures: 1, accepted: [1, 2]) == .dead)
  }

  @Test("A failure before a listener began does not count against it")
  mutating func earlierFailure() {
    diagnosis = ListenerDiagnosis(failures: 1)
    for _ in 0..<ListenerDiagnosis.looks { #expect(look() == .waits) }
  }

  @Test("A process without a free descriptor accepts nothing")
  mutating func exhausted() {
    for _ in 1..<ListenerDiagnosis.looks { #expect(look(accepted: nil) == .unclear) }
    #expect(look(accepted: nil) == .dead)
  }

  @Test("Connections that end do not look like accepted ones")
  mutating func ending() {
    for count in (1..<ListenerDiagnosis.looks).reversed() {
      #expect(look(accepted: Set(1...UInt(count))) == .unclear)
    }
    #expect(look(accepted: []) == .dead)
  }

  @Test("A look that sees no connection wait begins anew")
  mutating func drained() {
    for _ in 0..<20 {
      for _ in 1..<ListenerDiagnosis.looks { #expect(look() == .unclear) }
      #expect(look(isWaiting: false) == .accepts)
    }
  }

  @Test("An accepted connection begins the count anew")
  mutating func storm() {
    #expect(look(accepted: []) == .unclear)
    for connection in 0..<20 as Range<UInt> { #expect(look(accepted: [connection]) == .waits) }
  }

  @Test("Looks do not count while no thread polls, as in a process that was stopped")
  mutating func noPoll() {
    for _ in 0..<20 { #expect(look(hasPolled: false) == .unclear) }
    for _ in 2..<ListenerDiagnosis.looks { #expect(look() == .unclear) }
    #expect(look() == .dead)
  }

  @Test("When descriptors are free again, connections accepted meanwhile are not taken for old ones")
  mutating func freedDescriptors() {
    #expect(look(accepted: nil) == .unclear)
    #expect(look(accepted: nil) == .unclear)
    for _ in 1..<ListenerDiagnosis.looks { #expect(look(accepted: [7]) == .unclear) }
    #expect(look(accepted: [7]) == .dead)
  }
}
