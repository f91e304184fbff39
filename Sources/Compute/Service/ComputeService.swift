public import CoreGRPC

/// The tutorial's service: it measures a text.
public struct ComputeService: Compute_Compute.SimpleServiceProtocol {
  /// Creates the service.
  public init() {}

  /// Replies with the number of Unicode code points in the text, in decimal, as Python's `len` counts them.
  public func sayHello(request: Compute_HelloRequest, context: ServerContext) async throws -> Compute_HelloReply {
    Compute_HelloReply(result: String(request.helloworld.codePointCount))
  }
}

extension String {
  /// The number of Unicode code points.
  ///
  /// A code point is a byte of UTF-8 and the bytes that continue it. Counting the first bytes is faster than decoding
  /// all of them, as `unicodeScalars.count` does.
  fileprivate var codePointCount: Int {
    let bytes = utf8.span
    return bytes.indices.count { bytes[$0] & 0xC0 != 0x80 }
  }
}
