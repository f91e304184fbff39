import Synchronization

/// A limit of the log lines of one kind, which a peer can cause at will: five at a time, and five a minute.
struct LogLimit: Sendable {
  /// The largest number of lines without a pause.
  static let burst = 5

  /// The time for which each further line waits.
  static let interval = Duration.seconds(12)

  /// The number of lines that all limits of the process have left out.
  static var skippedCount: Int { allSkipped.load(ordering: .relaxed) }

  private static let allSkipped = Atomic(0)

  /// The time at which as many lines as at the start may come again.
  private var full: ContinuousClock.Instant?
  private var skipped = 0

  /// Counts a line.
  ///
  /// - Returns: The number of lines that were left out since the last one, which the line should tell; `nil` if this
  ///   line is left out, too.
  mutating func admit(at now: ContinuousClock.Instant = .now) -> Int? {
    let start = full.map { max($0, now) } ?? now
    guard start - now <= Self.interval * (Self.burst - 1) else {
      skipped += 1
      Self.allSkipped.add(1, ordering: .relaxed)
      return nil
    }
    full = start + Self.interval
    defer { skipped = 0 }
    return skipped
  }

  /// Returns the end of a line that tells the number of those left out.
  static func note(skipped: Int) -> String { skipped > 0 ? "; \(skipped) others since the last report" : "" }
}
