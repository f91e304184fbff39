import Testing

@testable import CoreGRPC

@Suite("The time for which a server waits for calls on their way")
struct DrainWaitTests {
  private let begin = ContinuousClock.now

  @Test("It is over a second after the last call")
  func quiet() {
    var wait = DrainWait(begin: begin)
    #expect(wait.rest(callCount: 0, graceEnd: nil, at: begin) == .seconds(1))
    #expect(wait.rest(callCount: 0, graceEnd: nil, at: begin + .milliseconds(900)) == .milliseconds(100))
    #expect(wait.rest(callCount: 1, graceEnd: nil, at: begin + .milliseconds(900)) == .seconds(1))
    #expect(wait.rest(callCount: 1, graceEnd: nil, at: begin + .milliseconds(1_900)) == .zero)
  }

  @Test("It is over after ten seconds though calls come")
  func total() {
    var wait = DrainWait(begin: begin)
    for half in 1...19 {
      #expect(wait.rest(callCount: half, graceEnd: nil, at: begin + .milliseconds(500 * half)) > .zero)
    }
    #expect(wait.rest(callCount: 20, graceEnd: nil, at: begin + .seconds(10)) == .zero)
    #expect(wait.rest(callCount: 21, graceEnd: nil, at: begin + .seconds(11)) < .zero)
  }

  @Test("It is over at the end of the grace period")
  func graceEnd() {
    var wait = DrainWait(begin: begin)
    #expect(wait.rest(callCount: 0, graceEnd: begin, at: begin) == .zero)
    #expect(wait.rest(callCount: 0, graceEnd: begin + .milliseconds(300), at: begin) == .milliseconds(300))
    #expect(wait.rest(callCount: 0, graceEnd: begin + .seconds(3), at: begin) == .seconds(1))
  }
}
