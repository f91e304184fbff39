import Testing

@testable import CoreGRPC

@Suite("Giving memory back")
struct MemoryTrimTests {
  /// The numbers of the looks at which memory is given back, of which half is.
  private func trims(_ mebibytes: [Int]) -> [Int] {
    var trim = MemoryTrim()
    return mebibytes.indices.filter { index in
      guard trim.look(mebibytes[index] << 20) else { return false }
      trim.trimmed(mebibytes[index] << 19)
      return true
    }
  }

  @Test("Memory is given back once, some looks after a burst")
  func burst() {
    #expect(trims([20, 20, 100, 300, 300, 300, 300, 300, 300, 150, 150, 150, 150, 150, 150, 150, 150]) == [8])
  }

  @Test("Memory that is used, and little of it, is left alone")
  func use() {
    #expect(trims([300, 300, 300, 300, 300, 300, 300, 300]) == [])
    #expect(trims([20, 80, 80, 80, 80, 80, 80, 80]) == [])
    #expect(trims((0..<100).map { 20 + $0 * 10 }) == [])
  }
}
