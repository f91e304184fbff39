/// A deadline that is stored by reference.
///
/// The size of the standard library's type is known at run time only, and so is the size of each type that stores it.
final class Deadline: Sendable {
  let instant: ContinuousClock.Instant

  /// The time by which the client's clock may be ahead: the rounding on the wire, up to a hundredth, and the time of a
  /// message.
  private let tolerance: Duration

  init(_ instant: ContinuousClock.Instant) {
    self.instant = instant
    tolerance = .zero
  }

  /// Creates the deadline of a remote caller, from the time that it has sent.
  init(ofCallerIn timeout: Duration) {
    instant = .after(timeout)
    tolerance = .milliseconds(50) + timeout.bounded / 100
  }

  /// Whether the caller no longer waits.
  var isOver: Bool { .now + tolerance >= instant }
}
