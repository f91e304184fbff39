/// A server's way from set-up to the end, as a value: which calls it takes, and when its C object may be destroyed.
///
/// It calls no C. The server asks it under a lock, and does what it answers.
struct ServerLifecycle: Sendable, Hashable {
  enum Phase: Sendable, Hashable {
    case configuring, running, draining, destroyed
  }

  /// What to do about a call that came in.
  enum Admission: Sendable, Hashable {
    case serve, refuse
  }

  /// What an event makes due.
  enum Action: Sendable, Hashable {
    case none
    /// Ask C-core to shut down, off the polling threads.
    case shutDown
    /// Cancel every call, before any other event is handled.
    case cancelAllCalls
    /// Destroy the C object, and let go of the queue.
    case destroy
  }

  private(set) var phase = Phase.configuring
  private(set) var binds = 0
  private(set) var postedSlots = 0
  private(set) var calls = 0
  private(set) var handlers = 0
  private var mustCancelAllCalls = false
  private(set) var isClosed = false
  private var shutDownReturned = false
  private var shutDownCompleted = false
  private let maximumConcurrentCalls: Int

  init(maximumConcurrentCalls: Int) { self.maximumConcurrentCalls = maximumConcurrentCalls }

  /// An address is about to be bound, which can take as long as a look-up of a name.
  ///
  /// - Returns: Whether the server is being set up.
  mutating func beginBind() -> Bool {
    guard phase == .configuring else { return false }
    binds += 1
    return true
  }

  mutating func endBind() -> Action {
    binds -= 1
    return destroyIfDue()
  }

  /// - Returns: Whether the server was being set up until now.
  mutating func start() -> Bool {
    guard phase == .configuring else { return false }
    phase = .running
    return true
  }

  /// - Returns: Whether a slot shall be posted.
  mutating func postSlot() -> Bool {
    guard phase == .running || phase == .draining && !isClosed else { return false }
    postedSlots += 1
    return true
  }

  /// A slot came back, with a call or without, or could not be posted.
  mutating func slotReturned() -> Action {
    postedSlots -= 1
    return destroyIfDue()
  }

  /// A call came in.
  ///
  /// It counts until ``callReleased()``, and when served until ``handlerEnded()`` as well.
  mutating func callArrived() -> Admission {
    let admission: Admission = max(calls, handlers) < maximumConcurrentCalls ? .serve : .refuse
    calls += 1
    if admission == .serve { handlers += 1 }
    return admission
  }

  mutating func callReleased() -> Action {
    calls -= 1
    return destroyIfDue()
  }

  mutating func handlerEnded() { handlers -= 1 }

  mutating func beginShutdown() -> Action {
    switch phase {
    case .configuring, .running:
      phase = .draining
      return .shutDown
    case .draining, .destroyed:
      return .none
    }
  }

  /// The clients have been told, and C-core is about to be asked to shut down.
  ///
  /// Until then a server that shuts down still takes the calls that were on their way.
  mutating func close() -> Action {
    isClosed = true
    return .none
  }

  /// The C function that begins a shutdown has returned; until then nobody may destroy the server.
  mutating func shutdownReturned() -> Action {
    shutDownReturned = true
    let action = destroyIfDue()
    return action == .none && mustCancelAllCalls ? .cancelAllCalls : action
  }

  /// The grace period of a shutdown is over.
  ///
  /// C-core can cancel all calls only once it has begun to shut down.
  mutating func gracePeriodEnded() -> Action {
    guard phase == .draining else { return .none }
    mustCancelAllCalls = true
    return shutDownReturned ? .cancelAllCalls : .none
  }

  /// C-core has no calls left.
  mutating func shutdownCompleted() -> Action {
    shutDownCompleted = true
    return destroyIfDue()
  }

  private mutating func destroyIfDue() -> Action {
    guard phase == .draining, shutDownReturned, shutDownCompleted else { return .none }
    guard binds == 0, postedSlots == 0, calls == 0 else { return .none }
    phase = .destroyed
    return .destroy
  }
}
