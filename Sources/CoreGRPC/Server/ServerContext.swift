/// What a handler may want to know about its call, beside the request.
public struct ServerContext: Sendable {
  let call: ServerCall

  init(call: ServerCall) { self.call = call }

  /// The method that was called.
  public var descriptor: MethodDescriptor { call.descriptor }

  /// When the caller stops waiting; `nil` if it set no deadline.
  ///
  /// The handler's task is cancelled then.
  public var deadline: ContinuousClock.Instant? { call.deadline }

  /// Tells that the call is cancelled, or should come to its end because the server shuts down.
  public var cancellation: RPCCancellationHandle { RPCCancellationHandle(call.cancellation) }

  /// The other end's address, for instance `ipv4:127.0.0.1:41234`, `ipv6:%5B::1%5D:41234` or `unix:`; empty once the
  /// call is over.
  ///
  /// Not authenticated.
  public var remotePeer: String { call.peer ?? "" }

  /// The certificate that the client has shown, verified as the server's ``ClientCertificatePolicy`` says; `nil` without
  /// one, and once the call is over.
  public var peerCertificate: PeerCertificate? { call.peerCertificate }
}
