/// The call that a handler serves, beside its request.
///
/// An interceptor may change its copy and pass that to `next`. The call stays as it is: what comes later in the server
/// reads the changed properties.
///
/// A test of a handler or an interceptor makes a context of its own, which belongs to no call:
///
/// ```swift
/// let context = ServerContext(descriptor: Greeter_Greeter.Method.Greet.descriptor)
/// let reply = try await GreeterService().greet(request: request, context: context)
/// ```
public struct ServerContext: Sendable {
  /// The call; `nil` in a context that a program has made.
  let call: ServerCall?

  /// The values that were set; `nil`, and without cost, until one is.
  private var own: Own?

  private final class Own: Sendable {
    struct Parts: Sendable {
      var descriptor: MethodDescriptor?
      var deadline: ContinuousClock.Instant??
      var cancellation: RPCCancellationHandle?
      var remotePeer: String?
      var localPeer: String?
      var peerCertificate: PeerCertificate??
      var values = CallContextValues()
    }

    let parts: Parts

    init(_ parts: Parts) { self.parts = parts }
  }

  init(call: ServerCall) { self.call = call }

  /// Creates a context of no call, for tests of handlers and interceptors.
  ///
  /// - Parameters:
  ///   - descriptor: The method that is called.
  ///   - remotePeer: The client's address.
  ///   - localPeer: The server's address.
  ///   - cancellation: The handle by which the test cancels the call.
  ///   - deadline: The deadline that the handler reads. Nothing happens at that time.
  ///   - peerCertificate: The certificate that the client has shown.
  public init(
    descriptor: MethodDescriptor,
    remotePeer: String = "",
    localPeer: String = "",
    cancellation: RPCCancellationHandle = RPCCancellationHandle(),
    deadline: ContinuousClock.Instant? = nil,
    peerCertificate: PeerCertificate? = nil
  ) {
    call = nil
    own = Own(
      Own.Parts(
        descriptor: descriptor,
        deadline: deadline,
        cancellation: cancellation,
        remotePeer: remotePeer,
        localPeer: localPeer,
        peerCertificate: peerCertificate
      )
    )
  }

  private mutating func set(_ change: (inout Own.Parts) -> Void) {
    var parts = own?.parts ?? Own.Parts()
    change(&parts)
    own = Own(parts)
  }

  /// The method that was called.
  public var descriptor: MethodDescriptor {
    get {
      guard let descriptor = own?.parts.descriptor ?? call?.descriptor else {
        preconditionFailure("the context has no method")
      }
      return descriptor
    }
    set { set { $0.descriptor = newValue } }
  }

  /// The client's address, for instance `ipv4:127.0.0.1:41234`, `ipv6:%5B::1%5D:41234` or `unix:`.
  ///
  /// Not authenticated. It stays when the client has disconnected, and is empty when the handler has ended: a handler
  /// that needs it later stores it before.
  public var remotePeer: String {
    get { own?.parts.remotePeer ?? call?.remotePeer ?? "" }
    set { set { $0.remotePeer = newValue } }
  }

  /// The address at which the client has reached the server, for instance `ipv4:127.0.0.1:50051`,
  /// `ipv6:%5B::1%5D:50051` or `unix:/run/greeter.sock`; empty when the client has disconnected.
  ///
  /// C-core does not report it. The library searches the open sockets of the process for the connection, which takes
  /// some microseconds for each ten sockets: read it only where you need it. If the server listens on several Unix
  /// domain sockets, the address of a connection to one of them is `unix:` without a path.
  public var localPeer: String {
    get { own?.parts.localPeer ?? call?.localPeer ?? "" }
    set { set { $0.localPeer = newValue } }
  }

  /// The certificate that the client has shown, verified as the server's ``ClientCertificatePolicy`` says; `nil`
  /// without one, and when the client has disconnected or the handler has ended.
  public var peerCertificate: PeerCertificate? {
    get { own?.parts.peerCertificate ?? call?.peerCertificate }
    set { set { $0.peerCertificate = .some(newValue) } }
  }

  /// The instant at which the caller stops waiting; `nil` if it set no deadline.
  ///
  /// The handler's task is cancelled then.
  public var deadline: ContinuousClock.Instant? {
    get { own?.parts.deadline ?? call?.deadline }
    set { set { $0.deadline = .some(newValue) } }
  }

  /// The cancellation of the call, which also covers a graceful shutdown of the server.
  public var cancellation: RPCCancellationHandle {
    get {
      if let cancellation = own?.parts.cancellation { return cancellation }
      guard let call else { preconditionFailure("the context has no cancellation handle") }
      return RPCCancellationHandle(call.cancellation)
    }
    set { set { $0.cancellation = newValue } }
  }

  /// Calls a function when the call is over, whatever ends it, where observers run: see ``ServerCallObserver``.
  ///
  /// For interceptors.
  ///
  /// - Returns: Whether the call calls it; `false` in a context of no call.
  package func onEnd(_ body: @escaping @Sendable (borrowing EndedServerCall) -> Void) -> Bool {
    call?.onEnd(body) ?? false
  }

  /// The value of a key; `nil` until an interceptor has set one.
  public subscript<Key: CallContextKey>(key: Key.Type) -> Key.Value? {
    get { own?.parts.values[key] }
    set { set { $0.values[key] = newValue } }
  }
}
