extension Server {
  /// The number of calls that the client of one connection may cancel before the server answers them.
  ///
  /// A call that is cancelled as soon as it has begun costs its client next to nothing, and the server nearly as much
  /// as any other ("rapid reset", CVE-2023-44487). ``Configuration/maxConcurrentStreams`` does not bound such calls, as
  /// none of them stays open. It bounds calls that are cancelled later, to that number at a time.
  ///
  /// A connection has a budget of ``burst`` such calls. Each cancelled call takes one from the budget, each call that
  /// is answered returns one, and each second returns ``perSecond``. When the budget is empty, the server closes the
  /// connection, and every call on it fails. Only a client that cancels most of its calls before the server sends
  /// anything reaches the limit. A client that cancels one of two calls, as for hedging, never reaches it.
  ///
  /// A connection is also over the limit when ``burst`` more of its calls are in progress than it may have streams:
  /// these have been cancelled, and C-core has not reported it yet.
  ///
  /// Calls that end by their own deadline do not count, and neither do calls that the server cancels. A call whose
  /// deadline has passed before the server begins it counts.
  public struct CancellationLimit: Sendable, Hashable {
    /// The number of calls that the client may cancel in a burst.
    public var burst: Int

    /// The number of calls that the client may cancel in each second, without end.
    public var perSecond: Int

    /// Creates a limit.
    ///
    /// - Parameters:
    ///   - burst: The number of calls that the client may cancel in a burst; at least 1.
    ///   - perSecond: The number of calls that it may cancel in each second, without end; at least 0.
    public init(burst: Int, perSecond: Int) {
      self.burst = burst
      self.perSecond = perSecond
    }
  }
}
