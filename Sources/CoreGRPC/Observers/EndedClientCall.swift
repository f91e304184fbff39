/// A call of a channel that is over: see ``ClientCallObserver``.
///
/// It exists while the observers see it, and can be neither copied nor kept.
public struct EndedClientCall: ~Copyable {
  /// The method that was called, with the channel's target.
  private let observed: ObservedMethod

  /// The code that the call ended with.
  ///
  /// That of a call that the program has left before its end, as one that does not read all messages of a stream, is
  /// ``RPCError/Code/cancelled``.
  public let code: Status.Code

  /// The time from the program's call to its end, in nanoseconds.
  package let nanoseconds: Int64

  /// The messages and bytes of the call, of all attempts together that the library has made.
  public let traffic: CallTraffic

  /// The number of attempts: more than one where an interceptor has tried again, zero if the call never reached gRPC.
  ///
  /// `nil` if C-core may try again by itself, which it does not report: see ``Channel/Configuration/allowsRetries``.
  public let attempts: Int?

  private let peer: PeerSource

  enum PeerSource: Sendable {
    case none
    case known(String)
    case call(Call)
    case attempts(ClientAttempts)
  }

  init(of method: ObservedMethod, code: Status.Code, measurement: CallMeasurement, peer: PeerSource) {
    observed = method
    self.code = code
    nanoseconds = measurement.nanoseconds
    traffic = measurement.traffic
    attempts = measurement.mayRetry ? nil : measurement.attempts
    self.peer = peer
  }

  /// Creates a call that is over, for tests of observers.
  ///
  /// - Parameters:
  ///   - method: The method that was called.
  ///   - target: The channel's target.
  ///   - code: The code that the call ended with.
  ///   - duration: The time from the program's call to its end.
  ///   - traffic: The messages and bytes of the call.
  ///   - attempts: The number of attempts.
  ///   - remotePeer: The server's address.
  public init(
    method: MethodDescriptor,
    target: String = "",
    code: Status.Code = .ok,
    duration: Duration = .zero,
    traffic: CallTraffic = CallTraffic(),
    attempts: Int? = 1,
    remotePeer: String = ""
  ) {
    observed = ObservedMethod(method, target: target, observer: nil)
    self.code = code
    nanoseconds = duration.wholeNanoseconds
    self.traffic = traffic
    self.attempts = attempts
    peer = .known(remotePeer)
  }

  /// The method that was called.
  public var method: MethodDescriptor { observed.descriptor }

  /// The channel's target in full, for instance `dns:///localhost:50051`.
  public var target: String { observed.target }

  /// The time from the program's call to its end.
  public var duration: Duration { .nanoseconds(nanoseconds) }

  /// The server's address, for instance `ipv4:127.0.0.1:50051`, of the last attempt; empty if there was no connection.
  public var remotePeer: String {
    switch peer {
    case .none: ""
    case .known(let peer): peer
    case .call(let call): call.peer ?? ""
    case .attempts(let attempts): attempts.remotePeer ?? ""
    }
  }
}
