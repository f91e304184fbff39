/// A send that a poller may start a little later than it was asked for, together with others: see ``SendDeferral``.
///
/// C-core gets each deferred send exactly once. The functions that start one may be called more often: a send that was
/// started does nothing.
protocol DeferrableSend: AnyObject, Sendable {
  /// Starts the send in C-core.
  ///
  /// Callable on any thread that holds no lock.
  func startDeferred()

  /// Starts the send in C-core, unless another thread is just starting it.
  func startDeferredUnlessBusy()

  /// The connection that the send writes to; `nil` if the send is not coalesced.
  var coalescingConnection: ConnectionIdentity? { get }

  /// Whether the send can lead others: whether it has a message, which can carry the slice of a ``SendCoalescer``.
  var canLead: Bool { get }

  /// Starts the send in C-core, with the slice of a coalescer in its message.
  ///
  /// Callable on any thread that holds no lock. The caller starts the followers that C-core has not started when this
  /// returns.
  func startDeferred(leading followers: SendCoalescer)

  /// Starts the send within a function of C-core that holds the connection, on any thread: never waits for a lock.
  ///
  /// - Returns: The rest of the work, which needs locks and is to be done outside of C-core; `nil` if there is none.
  func startWithinCore() -> (@Sendable () -> Void)?
}

extension DeferrableSend {
  var coalescingConnection: ConnectionIdentity? { nil }

  var canLead: Bool { false }

  func startDeferredUnlessBusy() { startDeferred() }

  func startDeferred(leading followers: SendCoalescer) { startDeferred() }

  func startWithinCore() -> (@Sendable () -> Void)? { { self.startDeferred() } }
}
