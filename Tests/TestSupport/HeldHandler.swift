import CoreGRPC

/// A handler of ``TestServer`` that a test holds in a call.
public struct HeldHandler: Sendable {
  /// Opens when the handler has begun.
  public let arrived = Gate()
  /// Has the handler answer when the test opens it.
  public let proceed = Gate()

  /// Creates a handler that no call has reached.
  public init() {}

  /// Answers the request's bytes.
  public var handler: TestServer.Handler {
    { request, _ in
      arrived.open()
      await proceed.pass()
      return ServerResponse(message: request.message)
    }
  }
}
