import Testing

@testable import CoreGRPC

@Suite("The budget of calls that a client may cancel")
struct CancellationBudgetTests {
  private static let second: UInt64 = 1_000_000_000

  @Test("A burst is within the limit, and one call more is not")
  func burst() {
    let budget = Budget(Server.CancellationLimit(burst: 3, perSecond: 0), at: 5)
    #expect(budget.isFull(at: 5))
    for _ in 0..<3 { #expect(budget.cancel(at: 5)) }
    #expect(!budget.cancel(at: 5))
    #expect(!budget.cancel(at: 5 + 1_000 * Self.second))
    #expect(budget.cancelledCount == 5)
  }

  @Test("Time gives calls back, up to the burst")
  func refill() {
    let budget = Budget(Server.CancellationLimit(burst: 3, perSecond: 2), at: 0)
    for _ in 0..<3 { #expect(budget.cancel(at: 0)) }
    #expect(!budget.cancel(at: Self.second / 4))
    #expect(budget.cancel(at: Self.second * 5 / 4))
    #expect(!budget.isFull(at: 2 * Self.second))
    #expect(budget.isFull(at: 100 * Self.second))
    for _ in 0..<3 { #expect(budget.cancel(at: 100 * Self.second)) }
    #expect(!budget.cancel(at: 100 * Self.second))
    // A thread that has read the clock earlier takes nothing away.
    #expect(!budget.cancel(at: 0))
  }

  @Test("A client half of whose calls are answered never reaches the limit")
  func answers() {
    let budget = Budget(Server.CancellationLimit(burst: 2, perSecond: 0), at: 0)
    for _ in 0..<1_000 {
      #expect(budget.cancel(at: 0))
      budget.answer(at: 0)
    }
    #expect(budget.isFull(at: 0))
    // No more is given back than the burst.
    for _ in 0..<1_000 { budget.answer(at: 0) }
    for _ in 0..<2 { #expect(budget.cancel(at: 0)) }
    #expect(!budget.cancel(at: 0))
  }

  @Test("A limit without sense allows one call")
  func nonsense() {
    let budget = Budget(Server.CancellationLimit(burst: .min, perSecond: .min), at: 0)
    #expect(budget.cancel(at: 0))
    #expect(!budget.cancel(at: .max))
  }

  @Test("A call counts unless it lives until its deadline")
  func excuses() {
    func applies(_ timeout: Duration?, left: Duration) -> Bool {
      CancellationExcuse(timeout: timeout).applies(timeout.map { _ in Deadline(ofCallerIn: left) })
    }
    #expect(!applies(nil, left: .zero))
    // Over when the server came to the call.
    #expect(!applies(.zero, left: .seconds(-1)))
    #expect(!applies(.milliseconds(40), left: .milliseconds(40) + .seconds(5)))
    #expect(applies(.milliseconds(40), left: .milliseconds(-1)))
    #expect(!applies(.seconds(60), left: .seconds(60)))
    // The client's clock may be ahead.
    #expect(applies(.seconds(60), left: .milliseconds(20)))
  }
}

/// A budget that is not changed in place, for `#expect`.
private final class Budget {
  private var value: CancellationBudget

  init(_ limit: Server.CancellationLimit, at time: UInt64) { value = CancellationBudget(limit, at: time) }

  var cancelledCount: Int { value.cancelledCount }

  func cancel(at time: UInt64) -> Bool { value.cancel(at: time) }

  func answer(at time: UInt64) { value.answer(at: time) }

  func isFull(at time: UInt64) -> Bool { value.isFull(at: time) }
}
