/// The deferred sends of one poller: sends that calls have asked for between two events, and that start together.
///
/// A poller defers messages and last batches while events follow each other closely (``SendDeferralPolicy``), and
/// flushes them in one go; those on one connection are coalesced (``SendCoalescer``). `DeferredSends.md`, beside this
/// file, has the invariants.
///
/// A value, which its poller guards by the lock that guards its other work: a lock of its own takes half a percent of a
/// call.
struct SendDeferral: Sendable {
  /// The sends that a poller has not started.
  struct Rest: Sendable {
    fileprivate var deferred: [any DeferrableSend] = []
    /// The sends of a flush that is under way: its poller starts these, too, sooner or later.
    fileprivate var starting: [any DeferrableSend] = []

    var isEmpty: Bool { deferred.isEmpty && starting.isEmpty }

    /// Starts the sends, one by one: on another thread, or where nothing polls any more.
    func start() {
      for send in deferred { send.startDeferred() }
      for send in starting { send.startDeferredUnlessBusy() }
    }
  }

  private var policy = SendDeferralPolicy()
  private var rest = Rest()

  /// Whether no sends are deferred.
  var isEmpty: Bool { rest.deferred.isEmpty }

  /// Whether no sends are deferred, and no flush is under way.
  var isIdle: Bool { rest.isEmpty }

  /// Defers a send until the next flush, if that is likely to pay.
  ///
  /// - Parameter now: The time, in nanoseconds.
  /// - Returns: Whether the send is deferred; the caller starts it otherwise.
  mutating func `defer`(_ send: any DeferrableSend, now: @autoclosure () -> UInt64) -> Bool {
    guard policy.defers(now: now()) else { return false }
    rest.deferred.append(send)
    return true
  }

  /// Decides whether the sends wait for another event.
  ///
  /// - Parameters:
  ///   - hadEvent: Whether there was an event since the last one was deferred; `nil` if the poller has not asked.
  ///   - now: The time, in nanoseconds.
  mutating func waits(hadEvent: Bool?, now: @autoclosure () -> UInt64) -> Bool {
    policy.waits(hadEvent: hadEvent, now: now())
  }

  /// Begins a flush.
  ///
  /// - Returns: The sends to start, by a ``SendCoalescer`` and without the lock; then the flush ends.
  mutating func beginFlush() -> [any DeferrableSend] {
    policy.flushed()
    swap(&rest.deferred, &rest.starting)
    return rest.starting
  }

  /// Ends a flush.
  ///
  /// - Parameter started: An empty array, which gets the sends: they must not be released under the lock.
  mutating func endFlush(_ started: inout [any DeferrableSend]) { swap(&rest.starting, &started) }

  /// Takes the sends, for ``Rest/start()`` to start them.
  mutating func takeRest() -> Rest {
    policy.flushed()
    defer { rest = Rest() }
    return rest
  }

  /// Takes the sends away from a poller that is stuck in program code.
  mutating func takeRestOfStuckPoller() -> Rest {
    policy.programTookLong()
    return takeRest()
  }
}
