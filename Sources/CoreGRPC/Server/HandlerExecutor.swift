extension Server {
  /// The threads on which a server's handlers run.
  public struct HandlerExecutor: Sendable {
    enum Value: Sendable {
      case concurrentPool
      case pollers
      case custom(any TaskExecutor)
    }

    let value: Value

    /// The threads that poll for the network: the default.
    ///
    /// A call needs the fewest wake-ups, because a handler runs on the thread that received its request, after that has
    /// handled the event. Handlers may block. When a handler holds its thread for longer than about a millisecond,
    /// another thread polls in its place, and the handlers of that method run on threads of their own from then on: as
    /// many at a time as there are processors, and more while those threads sleep, up to
    /// ``Server/Configuration/maxHandlerThreads``. The method returns when its handlers have been quick for a second or
    /// longer. When the polling threads have no time left, the server tries one more, up to the number of processors,
    /// and keeps it if that completes more work.
    ///
    /// The executor is a task preference (SE-0417): actors with executors of their own run there, as anywhere.
    public static var pollers: Self { Self(value: .pollers) }

    /// Swift's own pool of threads, as many as there are cores.
    ///
    /// A handler that blocks its thread delays other tasks of the pool, but not the network.
    public static var concurrentPool: Self { Self(value: .concurrentPool) }

    /// An executor of the program.
    ///
    /// - Parameter executor: The executor, which the tasks of the handlers prefer.
    public static func custom(_ executor: any TaskExecutor) -> Self { Self(value: .custom(executor)) }
  }
}
