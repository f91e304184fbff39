import Testing

@testable import CoreGRPC

@Suite("Diagnosis of listeners")
struct ListenerDiagnosisTests {
  private var diagnosis = ListenerDiagnosis()

  private mutating func look(
    isWaiting: Bool = true,
    hasPolled: Bool = true,
    accepted: Set<UInt>? = [1, 2]
  ) -> ListenerDiagnosis.Verdict {
    diagnosis.look(isWaiting: isWaiting, hasPolled: hasPolled, accepted: { accepted })
  }

  @Test("Connections that wait while threads poll and none is accepted mean a dead listener")
  mutating func dead() {
    for _ in 1..<ListenerDiagnosis.looks { #expect(look() == .unclear) }
    #expect(look() == .dead)
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
    for connection in 0..<20 as Range<UInt> { #expect(look(accepted: [connection]) == .unclear) }
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
