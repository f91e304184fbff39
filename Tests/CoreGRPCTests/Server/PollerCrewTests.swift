import Testing

@testable import CoreGRPC

@Suite("How many threads poll")
struct PollerCrewTests {
  private func decide(_ crew: inout PollerCrew, running: [Int]) -> [PollerCrew.Change] {
    running.map { crew.look(runningCount: $0) }.filter { $0 != .none }
  }

  @Test("Quick handlers leave it at the smallest number")
  func quick() {
    var crew = PollerCrew(smallest: 1, largest: 4)
    #expect(decide(&crew, running: [1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]) == [])
    #expect(crew.active == 1)
  }

  @Test("Handlers that compute all the time get as many threads as there may be, and lose them again")
  func computing() {
    var crew = PollerCrew(smallest: 1, largest: 3)
    let looks = PollerCrew.looksPerDecision
    for active in [1, 2, 3] {
      #expect(crew.active == active)
      _ = decide(&crew, running: Array(repeating: active, count: looks))
    }
    #expect(crew.active == 3)
    #expect(decide(&crew, running: Array(repeating: 0, count: 3 * looks)) == [.remove, .remove])
    #expect(crew.active == 1)
  }

  @Test("What one thread more has relieved is not what makes it superfluous")
  func steady() {
    var crew = PollerCrew(smallest: 1, largest: 2)
    let looks = PollerCrew.looksPerDecision
    #expect(decide(&crew, running: Array(repeating: 1, count: looks)) == [.add])
    // The same work, shared.
    #expect(decide(&crew, running: Array(repeating: 1, count: 4 * looks)) == [])
  }

  @Test("More threads than cores, if the program asks for them")
  func manyAtLeast() {
    var crew = PollerCrew(smallest: 8, largest: 2)
    #expect(decide(&crew, running: Array(repeating: 8, count: 16)) == [])
    #expect(decide(&crew, running: Array(repeating: 0, count: 16)) == [])
    #expect(crew.active == 8)
  }
}
