extension Server {
  /// The state of a server at one time, as the library sees it.
  ///
  /// Calls cost nothing more by it: the values are read when they are asked for.
  public struct Statistics: Sendable, Hashable {
    /// The number of open connections that the server has accepted, without in-process channels.
    ///
    /// `nil` if the process has no file descriptor left to look. The server knows its connections by the addresses on
    /// which it listens: it counts those of another server of the process at the same port, too, and from the beginning
    /// of a shutdown, which closes the listeners, it counts none.
    public var openConnections: Int?

    /// The number of calls that have not been released: those in progress, and those whose handlers still run.
    public var openCalls: Int

    /// The number of threads that poll for the network, or run a handler meanwhile.
    public var pollerThreads: Int

    /// The number of polling threads that have been relieved, because a handler keeps them.
    public var relievedThreads: Int

    /// The number of threads beside those, which run handlers that block or compute.
    ///
    /// ``Server/Configuration/maxHandlerThreads`` bounds it.
    public var handlerThreads: Int

    /// The depth of the queue of handlers that wait for such a thread.
    ///
    /// A part of a handler between two suspensions counts as one.
    public var queuedHandlers: Int

    /// Creates statistics, for tests of code that shows them.
    ///
    /// - Parameters:
    ///   - openConnections: The number of open connections.
    ///   - openCalls: The number of calls that have not been released.
    ///   - pollerThreads: The number of threads that poll.
    ///   - relievedThreads: The number of polling threads that a handler keeps.
    ///   - handlerThreads: The number of threads beside those.
    ///   - queuedHandlers: The number of handlers that wait for such a thread.
    public init(
      openConnections: Int? = 0,
      openCalls: Int = 0,
      pollerThreads: Int = 0,
      relievedThreads: Int = 0,
      handlerThreads: Int = 0,
      queuedHandlers: Int = 0
    ) {
      self.openConnections = openConnections
      self.openCalls = openCalls
      self.pollerThreads = pollerThreads
      self.relievedThreads = relievedThreads
      self.handlerThreads = handlerThreads
      self.queuedHandlers = queuedHandlers
    }
  }

  /// Returns the state of the server now.
  ///
  /// It looks at each file descriptor of the process, which takes some microseconds for each. Call it a few times a
  /// minute, for instance when metrics are read, from any thread. A server that has stopped has zeros.
  public func statistics() -> Statistics { generations.statistics() }
}
