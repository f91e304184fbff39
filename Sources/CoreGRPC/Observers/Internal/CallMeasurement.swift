import Synchronization

/// The counts of a call that observers or interceptors follow; made only for such calls.
///
/// A client's call has one for all of its attempts, which may count at the same time.
final class CallMeasurement: Sendable {
  /// The path of a server's call whose method the server does not have.
  let unknownPath: String

  /// The method of a client's call, with its observer.
  let method: ObservedMethod?

  private let start = MonotonicTime.nanoseconds
  private let sentMessages = Atomic(0), sentBytes = Atomic(0), receivedMessages = Atomic(0), receivedBytes = Atomic(0)
  private let attemptCount = Atomic(0)
  private let codeValue = Atomic(-1)
  private let refusalValue = Atomic<UInt8>(0)
  private let retryValue = Atomic(false)
  private let interceptorFailureValue = Atomic(-1)

  /// Creates the counts of a server's call.
  init(unknownPath: String) {
    self.unknownPath = unknownPath
    method = nil
  }

  /// Creates the counts of a client's call, and tells the observers that it begins.
  init(of method: ObservedMethod) {
    unknownPath = ""
    self.method = method
    method.observer?.callStarted()
  }

  /// The time since the call began, in nanoseconds.
  var nanoseconds: Int64 { Int64(truncatingIfNeeded: MonotonicTime.nanoseconds &- start) }

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

  /// The code of the error that interceptors ended a client's call with, whatever its attempts ended with.
  var interceptorFailure: Status.Code? {
    get { Status.Code(rawValue: interceptorFailureValue.load(ordering: .relaxed)) }
    set { interceptorFailureValue.store(newValue?.rawValue ?? -1, ordering: .relaxed) }
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

  /// Notes that a client makes a C call.
  ///
  /// - Parameter mayRetry: Whether C-core may make it again.
  func attemptBegan(mayRetry: Bool) {
    attemptCount.wrappingAdd(1, ordering: .relaxed)
    if mayRetry { retryValue.store(true, ordering: .relaxed) }
  }

  /// Whether C-core may have made attempts of its own.
  var mayRetry: Bool { retryValue.load(ordering: .relaxed) }

  /// Notes the end of a client's call.
  ///
  /// - Parameters:
  ///   - code: The code of the call's status.
  ///   - peer: The source of the server's address.
  ///   - attempts: The attempts of a call that is not unary.
  func end(_ code: Status.Code, peer: EndedClientCall.PeerSource, attempts: ClientAttempts? = nil) {
    guard let method else { preconditionFailure("the call is a server's") }
    let closures = attempts?.takeEndClosures() ?? []
    if closures.isEmpty, method.observer == nil { return }
    let call = EndedClientCall(of: method, code: code, measurement: self, peer: peer)
    method.observer?.callEnded(call)
    for closure in closures { closure(call) }
  }
}

extension Duration {
  /// The duration in nanoseconds, of a length that a call can have.
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
