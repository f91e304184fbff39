/// The times at which the calls on a server's connections end by the age of the connection, for a server with such an
/// age: see ``ConnectionGrace``.
///
/// A connection is known from its first call on. While it is, this object keeps C-core's authentication context, so
/// that no other connection gets its identity. It forgets a connection when the connection can have no calls any more,
/// which C-core does not report earlier, or when there are too many. In that case the next call of the connection
/// counts as its first one, and ends later.
final class ConnectionAges: Sendable {
  private struct Entry: Sendable {
    let end: UInt64
    /// The time from which on the connection can be forgotten.
    let expiry: UInt64
    let keeper: any AnyObject & Sendable
  }

  private struct State {
    var entries: [ConnectionIdentity: Entry] = [:]
    /// The connections, from the oldest on, after those that are forgotten.
    var order: [ConnectionIdentity] = []
    var forgottenCount = 0

    /// Forgets the oldest connection if it is time.
    mutating func forgetOldest(at time: UInt64, limit: Int) -> Entry? {
      guard
        forgottenCount < order.count,
        let oldest = entries[order[forgottenCount]],
        oldest.expiry <= time || entries.count > limit
      else { return nil }
      entries[order[forgottenCount]] = nil
      forgottenCount += 1
      if forgottenCount * 2 > order.count {
        order.removeFirst(forgottenCount)
        forgottenCount = 0
      }
      return oldest
    }
  }

  private let grace: ConnectionGrace
  private let limit: Int
  private let state = Locked(State())
  /// C-core owns the contexts that are kept.
  private let library = Library()

  /// - Parameter limit: The largest number of connections that are known.
  init(_ grace: ConnectionGrace, limit: Int = 8_192) {
    self.grace = grace
    self.limit = limit
  }

  /// Returns the time at which the calls of a connection end, on the clock of ``MonotonicTime``.
  ///
  /// Called for each call when it begins.
  ///
  /// - Parameters:
  ///   - connection: The connection, on which the caller has a call.
  ///   - makeKeeper: Makes the object that keeps another connection from getting the connection's identity.
  func end(
    of connection: ConnectionIdentity,
    at time: UInt64 = MonotonicTime.nanoseconds,
    keeper makeKeeper: () -> any AnyObject & Sendable
  ) -> UInt64 {
    if let end = state.withLock({ $0.entries[connection]?.end }) { return end }
    let entry = Entry(
      end: time + grace.time(at: .random(in: 0...1)),
      expiry: time + grace.longestTime,
      keeper: makeKeeper()
    )
    // The forgotten entries are released without the lock.
    let (end, forgotten) = state.withLock { state -> (UInt64, [Entry]) in
      // Another call on the connection may have added it meanwhile.
      if let end = state.entries[connection]?.end { return (end, []) }
      state.entries[connection] = entry
      state.order.append(connection)
      var forgotten: [Entry] = []
      while let oldest = state.forgetOldest(at: time, limit: limit) { forgotten.append(oldest) }
      return (entry.end, forgotten)
    }
    _ = forgotten
    return end
  }

  /// The number of connections that are known.
  var count: Int { state.withLock { $0.entries.count } }
}
