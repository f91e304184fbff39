/// The state of a server from set-up to the end, as a value, which decides which calls the server takes, and when its C
/// object may be destroyed.
///
/// It calls no C function. The server asks it under a lock, and carries out its answers.
struct ServerLifecycle: Sendable, Hashable {
  enum Phase: Sendable, Hashable {
    case configuring, running, draining, destroyed
  }

  /// The decision about a call that arrived.
  enum Admission: Sendable, Hashable {
    case serve, refuse
  }

  /// The action that an event makes due.
  enum Action: Sendable, Hashable {
    case none
    /// Ask C-core to shut down, on a thread that does not poll.
    case shutDown
    /// Cancel every call, before any other event is handled.
    case cancelAllCalls
    /// Destroy the C object, and release the queue.
    case destroy
  }

  private(set) var phase = Phase.configuring
  private(set) var binds = 0
  private(set) var postedSlots = 0
  /// The calls whose C objects have not been released, without those of essential methods.
  private(set) var calls = 0
  /// The handlers in progress, without those of essential methods.
  private(set) var handlers = 0
  /// The calls of essential methods whose C objects have not been released.
  private(set) var essentialCalls = 0
  /// The calls and handlers of the essential methods that have any, by the methods' numbers.
  private var essential: [Int: Essential] = [:]
  private var mustCancelAllCalls = false
  private(set) var isClosed = false
  private var shutDownReturned = false
  private var shutDownCompleted = false
  private let maxConcurrentCalls: Int

  private struct Essential: Sendable, Hashable {
    var calls = 0
    var handlers = 0
  }

  init(maxConcurrentCalls: Int) { self.maxConcurrentCalls = maxConcurrentCalls }

  /// Notes that an address is about to be bound, which can take as long as a name look-up.
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

  /// - Returns: Whether to post a slot.
  mutating func postSlot() -> Bool {
    guard phase == .running || phase == .draining && !isClosed else { return false }
    postedSlots += 1
    return true
  }

  /// Notes that a slot came back, with a call or without, or could not be posted.
  mutating func slotReturned() -> Action {
    postedSlots -= 1
    return destroyIfDue()
  }

  /// Admits or refuses a call that arrived.
  ///
  /// Each call counts until ``callReleased(of:)``, and a served call also until ``handlerEnded(of:)``.
  ///
  /// - Parameter method: The method, if it is essential; `nil` for any other one.
  mutating func callArrived(of method: EssentialMethod? = nil) -> Admission {
    if let method { return essentialCallArrived(of: method) }
    let admission: Admission = max(calls, handlers) < maxConcurrentCalls ? .serve : .refuse
    calls += 1
    if admission == .serve { handlers += 1 }
    return admission
  }

  private mutating func essentialCallArrived(of method: EssentialMethod) -> Admission {
    var count = essential[method.index] ?? Essential()
    let admission: Admission = max(count.calls, count.handlers) < method.maxConcurrentCalls ? .serve : .refuse
    count.calls += 1
    if admission == .serve { count.handlers += 1 }
    essential[method.index] = count
    essentialCalls += 1
    return admission
  }

  mutating func callReleased(of method: EssentialMethod? = nil) -> Action {
    if let method {
      essentialCalls -= 1
      changeCount(of: method) { $0.calls -= 1 }
    } else {
      calls -= 1
    }
    return destroyIfDue()
  }

  mutating func handlerEnded(of method: EssentialMethod? = nil) {
    if let method { changeCount(of: method) { $0.handlers -= 1 } } else { handlers -= 1 }
  }

  private mutating func changeCount(of method: EssentialMethod, _ change: (inout Essential) -> Void) {
    var count = essential[method.index] ?? Essential()
    change(&count)
    essential[method.index] = count == Essential() ? nil : count
  }

  mutating func beginShutdown() -> Action {
    switch phase {
    case .configuring, .running:
      phase = .draining
      return .shutDown
    case .draining, .destroyed:
      return .none
    }
  }

  /// Notes that the clients have been told, and that C-core is about to be asked to shut down.
  ///
  /// Until then a server that shuts down still takes the calls that were on their way.
  mutating func close() -> Action {
    isClosed = true
    return .none
  }

  /// Notes that the C function that begins a shutdown has returned.
  ///
  /// The server must not be destroyed before.
  mutating func shutdownReturned() -> Action {
    shutDownReturned = true
    let action = destroyIfDue()
    return action == .none && mustCancelAllCalls ? .cancelAllCalls : action
  }

  /// Notes that the grace period of a shutdown is over.
  ///
  /// C-core can cancel all calls only once it has begun to shut down.
  mutating func gracePeriodEnded() -> Action {
    guard phase == .draining else { return .none }
    mustCancelAllCalls = true
    return shutDownReturned ? .cancelAllCalls : .none
  }

  /// Notes that C-core has no calls left.
  mutating func shutdownCompleted() -> Action {
    shutDownCompleted = true
    return destroyIfDue()
  }

  private mutating func destroyIfDue() -> Action {
    guard phase == .draining, shutDownReturned, shutDownCompleted else { return .none }
    guard binds == 0, postedSlots == 0, calls == 0, essentialCalls == 0 else { return .none }
    phase = .destroyed
    return .destroy
  }
}
