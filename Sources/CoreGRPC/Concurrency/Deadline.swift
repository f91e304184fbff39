/// A deadline behind a reference.
///
/// The size of the standard library's type is known at run time only, and so is that of whatever it is stored in.
final class Deadline: Sendable {
  let instant: ContinuousClock.Instant

  /// How far the client's clock may be ahead: what is rounded up on the wire, by up to a hundredth, and the time of a message.
  private let tolerance: Duration

  init(_ instant: ContinuousClock.Instant) {
    self.instant = instant
    tolerance = .zero
  }

  /// The deadline of a caller elsewhere, after the time that it has told.
  init(ofCallerIn timeout: Duration) {
    instant = .after(timeout)
    tolerance = .milliseconds(50) + timeout.bounded / 100
  }

  /// Whether the caller waits no longer.
  var isOver: Bool { .now + tolerance >= instant }
}
