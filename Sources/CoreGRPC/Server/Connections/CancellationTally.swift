import Synchronization

/// The counts of the calls that clients cancel, by connection, which decide which connections are over the limit and
/// are closed.
///
/// The tally remembers a connection from its first cancelled call until its budget is full again. While it remembers no
/// connection, it reads two atomic values for each call and does nothing else. C-core does not report the client's
/// address for a call that could not be answered. So the tally asks for it when a call begins on a connection that has
/// had a cancelled one, and counting begins then. When a connection is over the limit, the next call that begins on it
/// closes it.
///
/// C-core reports the end of a call only when it has had time to write, and it reads first. While a client sends
/// cancelled calls without a pause, thousands of them begin and none ends. But no connection has more streams open than
/// the server allows: the calls beyond that number have been cancelled. So the tally counts calls in progress, too,
/// when a server has more of them than one connection may have.
final class CancellationTally: Sendable {
  private struct Entry {
    var budget: CancellationBudget
    /// The client's address, once it is known: another connection can get the identity of one that is closed.
    var peer: String?
    var isOverLimit = false
    /// The number of calls in progress, of those that began while the connection was remembered.
    var openCount = 0
    /// The last time at which the connection was to be closed.
    var lastClosing: UInt64?
  }

  private struct State {
    var entries: [ConnectionIdentity: Entry] = [:]
    var nextPruning: UInt64 = 0

    /// Forgets the connections with full budgets.
    mutating func prune(at time: UInt64, largestStreamCount: Int) {
      guard time >= nextPruning else { return }
      nextPruning = time + CancellationTally.interval
      entries = entries.filter { entry in
        var budget = entry.value.budget
        return entry.value.openCount > largestStreamCount || !budget.isFull(at: time)
      }
    }
  }

  /// The time after which connections are forgotten, and are closed again if that failed, in nanoseconds.
  private static let interval: UInt64 = 1_000_000_000

  /// The largest number of streams that C-core allows on a connection.
  let largestStreamCount: Int

  private let limit: Server.CancellationLimit
  private let close: @Sendable (_ peer: String, _ cancelledCount: Int) -> Void
  private let state = Locked(State())
  private let hasEntries = Atomic(false)

  /// - Parameters:
  ///   - largestStreamCount: The largest number of streams that C-core allows on a connection.
  ///   - close: Closes a client's connection; must not block.
  init(
    _ limit: Server.CancellationLimit,
    largestStreamCount: Int,
    close: @escaping @Sendable (_ peer: String, _ cancelledCount: Int) -> Void
  ) {
    self.limit = limit
    self.largestStreamCount = max(1, min(largestStreamCount, Int(Int32.max)))
    self.close = close
  }

  /// Whether calls that were not cancelled matter, too.
  var isWatching: Bool { hasEntries.load(ordering: .relaxed) }

  /// Counts a call that begins, if ``isWatching`` is `true` or the server has more than ``largestStreamCount`` calls.
  ///
  /// - Parameters:
  ///   - isCrowded: Whether the server has that many calls.
  ///   - peer: Asks for the client's address, and may wait for calls that end; `nil` if it is not known.
  /// - Returns: Whether the call is among those in progress until ``ended(on:)``.
  func began(
    on connection: ConnectionIdentity,
    isCrowded: Bool,
    at time: UInt64 = MonotonicTime.nanoseconds,
    peer: () -> String?
  ) -> Bool {
    // Without the lock: the look-up of the peer takes the call's lock, and the end of a call is counted under the
    // call's lock.
    let peer = needsPeer(of: connection, isCrowded: isCrowded) ? peer() : nil
    let (isCounted, closing) = state.withLock { state -> (Bool, (peer: String, count: Int)?) in
      guard var entry = state.entries[connection] ?? (isCrowded ? newEntry(at: time) : nil) else { return (false, nil) }
      entry.openCount += 1
      let excess = entry.openCount - largestStreamCount
      if excess > limit.burst { entry.isOverLimit = true }
      var closing: (peer: String, count: Int)?
      if entry.peer == nil || entry.isOverLimit, let peer {
        if entry.peer != peer {
          // Counting begins. The call is the only one in progress if the identity was that of an earlier connection.
          entry = Entry(budget: CancellationBudget(limit, at: time), peer: peer, openCount: entry.openCount)
          // The call that has made this entry keeps it for a while.
          _ = entry.budget.cancel(at: time)
        } else if entry.lastClosing.map({ time >= $0 + Self.interval }) ?? true {
          entry.lastClosing = time
          closing = (peer, entry.budget.cancelledCount + max(0, excess))
        }
      }
      state.entries[connection] = entry
      prune(&state, at: time)
      return (true, closing)
    }
    if let closing { close(closing.peer, closing.count) }
    return isCounted
  }

  /// Returns whether the client's address is of use when a call begins.
  ///
  /// If another call changes that meanwhile, the next call asks.
  private func needsPeer(of connection: ConnectionIdentity, isCrowded: Bool) -> Bool {
    state.withLock { state in
      guard let entry = state.entries[connection] else { return isCrowded }
      return entry.peer == nil || entry.isOverLimit || entry.openCount + 1 - largestStreamCount > limit.burst
    }
  }

  private func newEntry(at time: UInt64) -> Entry { Entry(budget: CancellationBudget(limit, at: time)) }

  /// Notes that a call has ended that was among those in progress.
  func ended(on connection: ConnectionIdentity) {
    state.withLock { state in
      // The connection may have been forgotten meanwhile, and remembered again.
      guard let count = state.entries[connection]?.openCount else { return }
      state.entries[connection]?.openCount = max(0, count - 1)
    }
  }

  /// Counts a call that was answered, if ``isWatching`` is `true`.
  func answered(on connection: ConnectionIdentity, at time: UInt64 = MonotonicTime.nanoseconds) {
    state.withLock { state in
      state.entries[connection]?.budget.answer(at: time)
      prune(&state, at: time)
    }
  }

  /// Counts a call that its client has cancelled before anything was sent to it.
  func cancelled(on connection: ConnectionIdentity, at time: UInt64 = MonotonicTime.nanoseconds) {
    state.withLock { state in
      var entry = state.entries[connection] ?? newEntry(at: time)
      if !entry.budget.cancel(at: time), entry.peer != nil { entry.isOverLimit = true }
      state.entries[connection] = entry
      prune(&state, at: time)
    }
  }

  private func prune(_ state: inout State, at time: UInt64) {
    state.prune(at: time, largestStreamCount: largestStreamCount)
    hasEntries.store(!state.entries.isEmpty, ordering: .relaxed)
  }
}
