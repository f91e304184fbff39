import CoreGRPC

/// The entries that wait for the access log's task, which must not keep the log alive.
final class AccessLogQueue: Sendable {
  /// The entries to log, and the functions that wait for them.
  struct Batch: Sendable {
    var entries: [AccessLogEntry] = []
    /// The number of entries that were dropped after the last batch.
    var dropped = 0
    var flushes: [CheckedContinuation<Void, Never>] = []
  }

  private let maximum: Int
  private let waiting = Locked(Batch())

  /// - Parameter maximum: The number of entries that may wait.
  init(maximum: Int) { self.maximum = maximum }

  /// Adds an entry, or counts it as dropped.
  ///
  /// - Parameter makeEntry: Makes the entry; not called for one that is dropped.
  /// - Returns: Whether to wake the task that logs.
  func add(_ makeEntry: () -> AccessLogEntry) -> Bool {
    let isFull = waiting.withLock { waiting in
      guard waiting.entries.count >= maximum else { return false }
      waiting.dropped += 1
      return true
    }
    // A full queue has woken the task.
    if isFull { return false }
    let entry = makeEntry()
    return waiting.withLock { waiting in
      waiting.entries.append(entry)
      return waiting.entries.count == 1
    }
  }

  /// Adds a function that waits for all entries so far.
  func add(_ flush: CheckedContinuation<Void, Never>) { waiting.withLock { $0.flushes.append(flush) } }

  /// Takes all that waits.
  func take() -> Batch {
    waiting.withLock { waiting in
      defer { waiting = Batch() }
      return waiting
    }
  }
}
