extension Server {
  /// Where a server's handlers run.
  public struct HandlerExecutor: Sendable {
    enum Value: Sendable {
      case concurrentPool
      case pollers
      case custom(any TaskExecutor)
    }

    let value: Value

    /// Swift's own pool of threads: the default.
    ///
    /// A handler that blocks its thread holds up others of the pool, but not the network.
    public static var concurrentPool: Self { Self(value: .concurrentPool) }

    /// The threads that poll for the network: a call needs fewer wake-ups, for handlers that never block.
    ///
    /// A handler that blocks its thread keeps every other call of the server waiting, and cancellation, deadlines and
    /// keep-alive with them, unless there are more ``Server/Configuration/pollerThreads`` than such handlers.
    public static var pollers: Self { Self(value: .pollers) }

    /// An executor of the program's own.
    public static func custom(_ executor: any TaskExecutor) -> Self { Self(value: .custom(executor)) }
  }
}
