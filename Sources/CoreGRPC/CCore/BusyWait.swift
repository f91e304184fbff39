/// How a thread that polls waits for the next event: whether it asks for it again and again before it sleeps.
///
/// To wake a thread takes a peer, and on virtual machines a hypervisor, longer than most of what the thread does then. A
/// thread that waits actively is not woken, but uses a processor; so it does that for a short time, and only while the event
/// comes within that time more often than not.
struct BusyWait: Sendable, Hashable {
  /// How long a thread asks before it sleeps, in nanoseconds: about what it takes to fall asleep and to be woken.
  static let longestTime: UInt64 = 50_000

  /// How many times it sleeps at once before another trial.
  static let pause = 64

  private var credit = Credit()
  private var isDue = false

  private let kind: Server.BusyPolling.Kind

  init(_ kind: Server.BusyPolling.Kind) {
    self.kind = kind
    isDue = kind == .always
  }

  /// A handler waits for the next message of its stream, or until one of its own is on its way.
  mutating func expectStream() { isDue = kind != .never }

  /// Asks whether to wait actively this time.
  mutating func begin() -> Bool {
    guard isDue else { return false }
    isDue = kind == .always
    return credit.take()
  }

  /// The thread has waited actively.
  mutating func end(hadEvent: Bool) {
    if hadEvent { credit.gain() } else { credit.lose(pause: Self.pause) }
  }
}
