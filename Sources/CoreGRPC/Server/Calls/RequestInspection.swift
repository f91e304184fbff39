import Synchronization

/// The selection of a method's unary calls that are checked for a second request message.
///
/// A check takes a tenth of the time of a call. A client that sends two messages where the method takes one does so in
/// each call. So the first calls of a method are checked, then a sample, and more for some time after a call with two
/// messages.
final class RequestInspection: Sendable {
  /// The number of calls, from the first one on, that are checked.
  static let firstCount: UInt64 = 64
  /// The number of calls that are checked after a call with a second message.
  static let countAfterFind: UInt64 = 1024
  /// The sampling interval: of all other calls, one in this many is checked.
  static let interval: UInt64 = 64

  private let calls = Atomic<UInt64>(0)
  private let end = Atomic<UInt64>(firstCount)

  /// Counts a call.
  ///
  /// - Returns: Whether to check it for a second message.
  func inspectsNextCall() -> Bool {
    let call = calls.wrappingAdd(1, ordering: .relaxed).oldValue
    return call < end.load(ordering: .relaxed) || call % Self.interval == 0
  }

  /// Notes that a call had a second message.
  func foundSecondMessage() {
    end.store(calls.load(ordering: .relaxed) + Self.countAfterFind, ordering: .relaxed)
  }
}
