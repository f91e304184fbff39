/// What an interceptor may want to know about a call that it sees on a client.
public struct ClientContext: Sendable {
  /// The method that is called.
  public var descriptor: MethodDescriptor

  /// The target of the channel that makes the call.
  public var target: String

  /// Creates a context.
  public init(descriptor: MethodDescriptor, target: String) {
    self.descriptor = descriptor
    self.target = target
  }
}
