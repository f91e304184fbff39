import CGRPC
import Glibc

/// Threads of the library's own, for C-core's blocking calls: those must stay off Swift's cooperative pool.
enum Thread {
  /// Runs `body` on a new detached thread.
  ///
  /// The thread blocks every signal, so that a program's signals reach the program's own threads.
  ///
  /// - Parameter name: What debuggers and `top -H` show; Linux keeps the first 15 bytes.
  static func spawn(name: String, _ body: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(Body(name: name, run: body))
    var all = sigset_t()
    var previous = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &previous)
    defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

    var thread = pthread_t()
    // The retain above is balanced by the only thing that ever sees the pointer: the new thread, once.
    let failure = pthread_create(
      &thread,
      nil,
      { argument in
        guard let argument else { return nil }
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        cgrpc_name_this_thread(body.name)
        body.run()
        return nil
      },
      context.toOpaque()
    )
    precondition(failure == 0, "cannot create a thread: \(String(cString: strerror(failure)))")
    pthread_detach(thread)
  }

  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }
}
