extension Server {
  /// Where a server's handlers run.
  public struct HandlerExecutor: Sendable {
    enum Value: Sendable {
      case concurrentPool
      case pollers
      case custom(any TaskExecutor)
    }

    let value: Value

    /// The threads that poll for the network: the default.
    ///
    /// A call takes the fewest wake-ups, because a handler runs on the thread that received its request, when that is done with
    /// the event at hand. When a handler holds its thread for longer than about a millisecond, another thread polls in its place,
    /// and the handlers of that method run on threads of their own from then on: as many at a time as there are processors, and
    /// more while those threads sleep, up to ``Server/Configuration/maximumHandlerThreads``. So handlers may block. The method
    /// returns when its handlers have been quick for a second or longer. When the polling threads have no time left, one more is
    /// tried, up to the number of processors, and stays if more gets done.
    ///
    /// The executor is a task preference (SE-0417): actors with executors of their own run there, as anywhere.
    public static var pollers: Self { Self(value: .pollers) }

    /// Swift's own pool of threads, as many as there are cores.
    ///
    /// A handler that blocks its thread holds up others of the pool, but not the network.
    public static var concurrentPool: Self { Self(value: .concurrentPool) }

    /// An executor of the program's own.
    public static func custom(_ executor: any TaskExecutor) -> Self { Self(value: .custom(executor)) }
  }
}
