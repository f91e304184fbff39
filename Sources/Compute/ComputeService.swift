public import CoreGRPC

/// The tutorial's service: it measures a text.
public struct ComputeService: Compute_Compute.SimpleServiceProtocol {
  /// Creates the service.
  public init() {}

  /// Answers the number of Unicode code points in the text, in decimal: what Python's `len` gives.
  public func sayHello(request: Compute_HelloRequest, context: ServerContext) async throws -> Compute_HelloReply {
    Compute_HelloReply(result: String(request.helloworld.unicodeScalars.count))
  }
}
