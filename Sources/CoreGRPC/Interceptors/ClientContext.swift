/// The call that an interceptor sees on a client, beside its request.
///
/// An interceptor may change its copy and pass that to `next`; the later interceptors read the changed properties. A
/// changed ``descriptor`` changes the method that is called.
public struct ClientContext: Sendable {
  /// The method that is called.
  public var descriptor: MethodDescriptor

  /// The target of the channel that makes the call; empty in a context that was made without one.
  public var target: String

  /// The attempts of the call; `nil` in a context that a program has made.
  let attempts: ClientAttempts?

  /// The values that were set; `nil`, and without cost, until one is.
  private var own: Own?

  private final class Own: Sendable {
    struct Parts: Sendable {
      var remotePeer: String?
      var localPeer: String?
      var values = CallContextValues()
    }

    let parts: Parts

    init(_ parts: Parts) { self.parts = parts }
  }

  init(descriptor: MethodDescriptor, target: String, attempts: ClientAttempts?) {
    self.descriptor = descriptor
    self.target = target
    self.attempts = attempts
  }

  /// Creates a context of no call, for tests of interceptors.
  ///
  /// - Parameters:
  ///   - descriptor: The method that is called.
  ///   - remotePeer: The server's address.
  ///   - localPeer: The client's address.
  ///   - target: The channel's target.
  public init(descriptor: MethodDescriptor, remotePeer: String = "", localPeer: String = "", target: String = "") {
    self.init(descriptor: descriptor, target: target, attempts: nil)
    own = Own(Own.Parts(remotePeer: remotePeer.isEmpty ? nil : remotePeer, localPeer: localPeer))
  }

  private mutating func set(_ change: (inout Own.Parts) -> Void) {
    var parts = own?.parts ?? Own.Parts()
    change(&parts)
    own = Own(parts)
  }

  /// The server's address, for instance `ipv4:127.0.0.1:50051`, `ipv6:%5B::1%5D:50051` or `unix:/run/greeter.sock`.
  ///
  /// Interceptors run before the call has a connection, and until it has one this is the channel's ``target``. The
  /// address is there when `next` has returned, and stays; of several attempts it is that of the last one. A call that
  /// found no connection has none.
  public var remotePeer: String {
    get { own?.parts.remotePeer ?? attempts?.remotePeer ?? target }
    set { set { $0.remotePeer = newValue } }
  }

  /// The client's address, for instance `ipv4:127.0.0.1:41234`; empty before the call has a connection, and when the
  /// call is over.
  ///
  /// C-core does not report it. The library searches the open sockets of the process for the connection, which takes
  /// some microseconds for each ten sockets. Empty, too, if several sockets are connected to the same server, or if the
  /// connection does not use TCP.
  public var localPeer: String {
    get { own?.parts.localPeer ?? attempts?.localPeer ?? "" }
    set { set { $0.localPeer = newValue } }
  }

  /// Calls a function when the call is over, whatever ends it, where observers run: see ``ClientCallObserver``.
  ///
  /// For interceptors, before they return.
  ///
  /// - Returns: Whether the call will call it; `false` in a context of no call.
  package func onEnd(_ body: @escaping @Sendable (borrowing EndedClientCall) -> Void) -> Bool {
    attempts?.onEnd(body)
    return attempts != nil
  }

  /// The value of a key; `nil` until an interceptor has set one.
  public subscript<Key: CallContextKey>(key: Key.Type) -> Key.Value? {
    get { own?.parts.values[key] }
    set { set { $0.values[key] = newValue } }
  }
}
