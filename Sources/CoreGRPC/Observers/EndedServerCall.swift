/// A call of a server that is over: see ``ServerCallObserver``.
///
/// It exists while the observers see it, and can be neither copied nor kept: its parts are read from the call, where
/// and when they are asked for.
public struct EndedServerCall: ~Copyable {
  /// The call; `nil` in a value that a program has made.
  private let call: ServerCall?

  /// The parts of a value that a program has made.
  private let own: Own?

  private final class Own: Sendable {
    let method: MethodDescriptor?
    let path: String
    let remotePeer: String
    let metadata: Metadata

    init(method: MethodDescriptor?, path: String, remotePeer: String, metadata: Metadata) {
      self.method = method
      self.path = path
      self.remotePeer = remotePeer
      self.metadata = metadata
    }
  }

  /// The code of the call's status.
  ///
  /// Of a call that ended without the handler's status, ``RPCError/Code/deadlineExceeded`` if its deadline has passed,
  /// ``RPCError/Code/unavailable`` if the server ended it by a shutdown or by its connection's age, and
  /// ``RPCError/Code/cancelled`` otherwise: the client cancelled or disconnected, or a message exceeded a limit.
  public let code: Status.Code

  /// The reason for which no handler got the call; `nil` if one did, or the call ended before.
  public let refusal: RefusedCall.Reason?

  /// The time from the arrival of the call to its end, in nanoseconds.
  package let nanoseconds: Int64

  /// The messages and bytes of the call.
  public let traffic: CallTraffic

  init(of call: ServerCall, _ measurement: CallMeasurement, code: Status.Code) {
    self.call = call
    own = nil
    self.code = code
    refusal = measurement.refusal
    nanoseconds = measurement.nanoseconds
    traffic = measurement.traffic
  }

  /// Creates a call that is over, for tests of observers.
  ///
  /// - Parameters:
  ///   - method: The method; `nil` if the server does not have it.
  ///   - path: The path that was called. Defaults to that of the method.
  ///   - code: The code of the call's status.
  ///   - refusal: The reason for which no handler got the call.
  ///   - duration: The time from the arrival of the call to its end.
  ///   - traffic: The messages and bytes of the call.
  ///   - remotePeer: The client's address.
  ///   - metadata: The metadata that the client sent.
  public init(
    method: MethodDescriptor?,
    path: String? = nil,
    code: Status.Code = .ok,
    refusal: RefusedCall.Reason? = nil,
    duration: Duration = .zero,
    traffic: CallTraffic = CallTraffic(),
    remotePeer: String = "",
    metadata: Metadata = [:]
  ) {
    call = nil
    own = Own(method: method, path: path ?? method?.path ?? "", remotePeer: remotePeer, metadata: metadata)
    self.code = code
    self.refusal = refusal
    nanoseconds = duration.wholeNanoseconds
    self.traffic = traffic
  }

  /// The time from the arrival of the call to its end.
  public var duration: Duration { .nanoseconds(nanoseconds) }

  /// The method that was called; `nil` if the server does not have it.
  public var method: MethodDescriptor? { own.map(\.method) ?? call?.method }

  /// The path that was called, as in `/package.Service/Method`: the client's own text, if the server has no such
  /// method.
  public var path: String { own?.path ?? call?.path ?? "" }

  /// The client's address, as in ``ServerContext/remotePeer``.
  public var remotePeer: String { own?.remotePeer ?? call?.peerBeforeRelease ?? "" }

  /// The metadata that the client sent.
  public var metadata: Metadata { own?.metadata ?? call?.metadata ?? [:] }
}
