/// A deadline behind a reference.
///
/// The size of the standard library's type is known at run time only, and so is that of whatever it is stored in.
final class Deadline: Sendable {
  let instant: ContinuousClock.Instant

  init(_ instant: ContinuousClock.Instant) { self.instant = instant }
}
