/// The rule by which a polling thread waits for the next event: whether it asks for it again and again before it
/// sleeps.
///
/// Waking a thread takes a peer, and on virtual machines a hypervisor, longer than most of the thread's work. A thread
/// that waits actively is not woken, but uses a processor. So it waits actively for a short time, and only while the
/// event comes within that time more often than not.
struct SpinPolicy: Sendable, Hashable {
  /// The time that a thread asks before it sleeps, in nanoseconds: about the time to fall asleep and to be woken.
  static let longestTime: UInt64 = 50_000

  /// The number of times that it sleeps immediately before another trial.
  static let pause = 64

  private var credit = Credit()
  private var isDue = false

  private let kind: Server.BusyPolling.Kind

  init(_ kind: Server.BusyPolling.Kind) {
    self.kind = kind
    isDue = kind == .always
  }

  /// Notes that a handler waits for the next message of its stream, or until its own message is on its way.
  mutating func expectStream() { isDue = kind != .never }

  /// Decides whether to wait actively this time.
  mutating func begin() -> Bool {
    guard isDue else { return false }
    isDue = kind == .always
    return credit.take()
  }

  /// Notes that the thread has waited actively.
  mutating func end(hadEvent: Bool) {
    if hadEvent { credit.gain() } else { credit.lose(pause: Self.pause) }
  }
}
