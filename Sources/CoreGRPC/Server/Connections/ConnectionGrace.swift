/// The time at which the calls of a connection that is too old end: after the grace period, and before C-core would end
/// them.
///
/// C-core 1.51 ends a stream twice if its handler waits for a message when the grace period is over. So C-core tells
/// the client (GOAWAY), the library ends the calls, and C-core gets a grace period so long that it finds no call of the
/// library.
///
/// C-core reports neither when a connection began, nor how it has varied its age: by a tenth, up or down. So the
/// connection's first call counts as its beginning, and the age as the longest that it can be.
struct ConnectionGrace: Sendable, Hashable {
  /// The largest variation that C-core applies to the age of a connection, as a fraction of it.
  private static let largestJitter = 0.1

  /// The spread of the times at which the calls of connections end, as a fraction of the age: so that not all clients
  /// reconnect at the same time.
  private static let spread = 0.1

  /// The time after GOAWAY in which the library may see a new call: C-core waits 20 s for the client's answer before it
  /// refuses calls.
  private static let latestCall: UInt64 = 30_000_000_000

  /// The age and the grace period, in nanoseconds.
  private let age, grace: UInt64

  /// Creates the times; `nil` if C-core sets no limit to the calls: for C-core the longest time in milliseconds means
  /// never.
  init?(_ settings: Server.Configuration.ConnectionAge) {
    let never = Duration.milliseconds(Int32.max - 1)
    guard let age = settings.maxAge, let grace = settings.maxGraceTime, age <= never, grace <= never else { return nil }
    func nanoseconds(_ duration: Duration) -> UInt64 {
      let (seconds, attoseconds) = max(duration, .zero).components
      return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }
    self.age = nanoseconds(age)
    self.grace = nanoseconds(grace)
  }

  /// Returns the time from a connection's first call to the end of its calls, in nanoseconds.
  ///
  /// - Parameter position: The position of the connection within the spread, from 0 to 1.
  func time(at position: Double) -> UInt64 {
    UInt64(Double(age) * (1 + Self.largestJitter + Self.spread * position)) + grace
  }

  /// The time from a connection's first call in which it may have calls, in nanoseconds.
  var longestTime: UInt64 { time(at: 1) + Self.latestCall }

  /// The grace period for C-core, which counts from GOAWAY.
  ///
  /// No call begins later than ``latestCall`` after GOAWAY. So no call ends later than this, even if it is the
  /// connection's first one.
  var periodForCore: Duration { .nanoseconds(Int64(longestTime)) }
}
