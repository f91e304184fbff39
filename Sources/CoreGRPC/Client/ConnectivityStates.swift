/// The connectivity of a channel: its state now, and each one that it changes to.
///
/// A state that lasts but a moment may be skipped. The sequence ends after ``ConnectivityState/shutdown``, to which
/// ``Channel/close()`` leads immediately, and when the task is cancelled. Watching does not connect.
public struct ConnectivityStates: AsyncSequence, Sendable {
  /// The type of errors of the iteration, which throws none.
  public typealias Failure = Never

  let channel: Channel

  /// Begins with the state now.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(channel: channel) }

  /// Waits for one change after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let channel: Channel
    private var last: ConnectivityState?

    fileprivate init(channel: Channel) { self.channel = channel }

    /// The next state.
    public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async -> ConnectivityState? {
      if last == .shutdown || Task.isCancelled { return nil }
      let state = await channel.state(after: last)
      if state != nil { last = state }
      return state
    }
  }
}
