import CoreGRPC
import Histogram
import Synchronization

/// Hands out the calls to make, and counts what became of them.
final class CallTally: Sendable {
  let total: Int
  private let issued = Atomic(0)
  private let state: Locked<CallReport>

  init(total: Int) {
    self.total = total
    self.state = Locked(CallReport())
  }

  /// The number of calls that have ended.
  var done: Int { state.withLock { $0.succeeded + $0.failed } }

  /// The number of the next call, from 0; `nil` when all have been handed out.
  func next() -> Int? {
    let index = issued.add(1, ordering: .relaxed).oldValue
    return index < total ? index : nil
  }

  func succeeded(_ answer: String, text: Int, latency: Duration) {
    state.withLock { $0.add(answer, text: text, latency: latency) }
  }

  func failed(_ error: RPCError) {
    state.withLock { $0.add(error) }
  }

  /// Returns the outcome of the calls until now.
  func report() -> CallReport { state.withLock { $0 } }
}
