import Synchronization

/// The counts of a call that observers or interceptors follow; made only for such calls.
///
/// A client's call has one for all of its attempts, which may count at the same time.
final class CallMeasurement: Sendable {
  /// The path of a call whose method the server does not have.
  let unknownPath: String

  private let start = MonotonicTime.nanoseconds
  private let sentMessages = Atomic(0), sentBytes = Atomic(0), receivedMessages = Atomic(0), receivedBytes = Atomic(0)
  private let attemptCount = Atomic(0)
  private let codeValue = Atomic(-1)
  private let refusalValue = Atomic<UInt8>(0)

  init(unknownPath: String = "") { self.unknownPath = unknownPath }

  /// The time since the call began.
  var duration: Duration { .nanoseconds(Int64(clamping: MonotonicTime.nanoseconds &- start)) }

  /// The messages so far.
  var traffic: CallTraffic {
    CallTraffic(
      sentMessages: sentMessages.load(ordering: .relaxed),
      sentBytes: sentBytes.load(ordering: .relaxed),
      receivedMessages: receivedMessages.load(ordering: .relaxed),
      receivedBytes: receivedBytes.load(ordering: .relaxed)
    )
  }

  /// The number of C calls that a client has made.
  var attempts: Int { attemptCount.load(ordering: .relaxed) }

  /// The code of the status that a server has sent last, or that the last attempt of a client ended with.
  var code: Status.Code? {
    get { Status.Code(rawValue: codeValue.load(ordering: .relaxed)) }
    set { codeValue.store(newValue?.rawValue ?? -1, ordering: .relaxed) }
  }

  /// The reason for which a server refused the call.
  var refusal: RefusedCall.Reason? {
    get { RefusedCall.Reason(number: refusalValue.load(ordering: .relaxed)) }
    set { refusalValue.store(newValue?.number ?? 0, ordering: .relaxed) }
  }

  func sent(byteCount: Int) {
    sentMessages.wrappingAdd(1, ordering: .relaxed)
    sentBytes.wrappingAdd(byteCount, ordering: .relaxed)
  }

  func received(byteCount: Int) {
    receivedMessages.wrappingAdd(1, ordering: .relaxed)
    receivedBytes.wrappingAdd(byteCount, ordering: .relaxed)
  }

  func attemptBegan() { attemptCount.wrappingAdd(1, ordering: .relaxed) }
}
