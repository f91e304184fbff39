extension Duration {
  /// The longest duration that is counted: a hundred years.
  ///
  /// C-core, the system and Swift's clocks count nanoseconds in 64 bits, and stop the process beyond.
  package static let longest = Duration.seconds(100 * 365 * 86_400)

  /// The duration, clamped to ±``longest``.
  ///
  /// Every duration from the program or a peer is clamped before anything is computed from it.
  package var bounded: Duration { min(max(self, .zero - Self.longest), Self.longest) }
}

extension ContinuousClock.Instant {
  /// Returns the instant that is a program's duration after now.
  static func after(_ duration: Duration) -> Self { .now + duration.bounded }

  /// The time from now until the instant, negative when it has passed.
  var timeLeft: Duration {
    let now = Self.now
    return max(min(self, now + .longest), now - .longest) - now
  }
}
