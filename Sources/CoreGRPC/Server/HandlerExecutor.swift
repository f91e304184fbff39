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
    /// the event at hand. A handler that holds its thread for longer than a few milliseconds is left alone: another
    /// thread polls and runs the other handlers. So handlers may block, up to 255 at a time. When the threads have no
    /// time left, one more is tried, up to the number of processors, and stays if more gets done.
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
