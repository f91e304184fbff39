/// Counts of this library in the process, for all servers and channels together, since the process began.
///
/// The process counts them anyhow: reading them costs nothing that matters.
public struct ProcessStatistics: Sendable, Hashable {
  /// The number of messages and statuses that waited for the end of an event's work before they were sent, alone or
  /// with others: see ``Server/Configuration/defersSends``.
  public var deferredSends: Int

  /// The number of those that C-core wrote to a connection together with another one.
  public var coalescedSends: Int

  /// The number of lines that the log's limits left out: see <doc:Logging>.
  public var limitedLogLines: Int

  /// The number of lines that standard error or a logger of `CoreGRPCLogging` did not take in time.
  public var droppedLogLines: Int

  /// The number of threads that poll for the channels of the process, or run their callers' code.
  public var clientPollerThreads: Int

  /// The counts now.
  public static var current: Self {
    Self(
      deferredSends: SendCounts.deferred,
      coalescedSends: SendCounts.coalesced,
      limitedLogLines: LogLimit.skippedCount,
      droppedLogLines: CoreLog.dropped,
      clientPollerThreads: ClientQueue.pollerCount
    )
  }

  /// Creates counts, for tests of code that shows them.
  ///
  /// - Parameters:
  ///   - deferredSends: The number of sends that were deferred.
  ///   - coalescedSends: The number of those that were coalesced.
  ///   - limitedLogLines: The number of lines that the log's limits left out.
  ///   - droppedLogLines: The number of lines that were not taken in time.
  ///   - clientPollerThreads: The number of threads that poll for channels.
  public init(
    deferredSends: Int = 0,
    coalescedSends: Int = 0,
    limitedLogLines: Int = 0,
    droppedLogLines: Int = 0,
    clientPollerThreads: Int = 0
  ) {
    self.deferredSends = deferredSends
    self.coalescedSends = coalescedSends
    self.limitedLogLines = limitedLogLines
    self.droppedLogLines = droppedLogLines
    self.clientPollerThreads = clientPollerThreads
  }
}
