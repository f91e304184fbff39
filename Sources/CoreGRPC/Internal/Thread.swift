import CGRPC
import Glibc

/// Threads of the library's own, for C-core's blocking calls: those must stay off Swift's cooperative pool.
enum Thread {
  /// Runs `body` on a new detached thread.
  ///
  /// The thread blocks SIGPIPE and the signals that the main thread blocks, see ``SignalMask``.
  ///
  /// - Parameter name: The name in debuggers and `top -H`; Linux keeps the first 15 bytes.
  /// - Returns: Whether the thread was started; `false` if the system allows no further one now.
  static func spawn(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    // A new thread has the priority of the one that makes it.
    if let maker = maker.withLock({ $0 }), niceness(of: 0) > niceness(of: getpid()) {
      return maker.spawn(name: name, body)
    }
    return create(name, body)
  }

  private static func create(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    let context = unsafe Unmanaged.passRetained(Body(name: name, signalMask: .forNewThread(), run: body))
    var thread = pthread_t()
    // The retain above is balanced by the only thing that ever sees the pointer: the new thread, once. Without a thread
    // it is balanced below.
    let failure = unsafe pthread_create(
      &thread,
      nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        body.signalMask.apply()
        unsafe cgrpc_name_this_thread(body.name)
        body.run()
        return nil
      },
      unsafe context.toOpaque()
    )
    guard failure == 0 else {
      unsafe context.release()
      return false
    }
    pthread_detach(thread)
    return true
  }

  /// The difference that ``lowerPriority(of:)`` makes, in the units of `nice`.
  ///
  /// With 10, another thread gets nine times as much of a processor that both want.
  static let lowPriorityNiceness: Int32 = 10

  /// Lowers the priority of a thread of this process, for good.
  ///
  /// Only a privileged process could raise it again.
  ///
  /// - Parameter id: The number that Linux has for the thread.
  static func lowerPriority(of id: Int32) {
    // Before there is the first thread that cannot make others of normal priority.
    maker.withLock { maker in
      guard maker == nil else { return }
      let new = ThreadMaker()
      if new.start(create) { maker = new }
    }
    setpriority(processes, id_t(id), niceness(of: id) + lowPriorityNiceness)
  }

  /// The thread that makes the others in the place of those of low priority; `nil` before there is one of these.
  private static let maker = Locked<ThreadMaker?>(nil)

  private static let processes = __priority_which_t(PRIO_PROCESS.rawValue)

  /// Returns the niceness of a thread, by its number; that of the current thread by 0.
  private static func niceness(of id: Int32) -> Int32 { getpriority(processes, id_t(id)) }

  private final class Body: Sendable {
    let name: String
    let signalMask: SignalMask
    let run: @Sendable () -> Void

    init(name: String, signalMask: SignalMask, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.signalMask = signalMask
      self.run = run
    }
  }
}
