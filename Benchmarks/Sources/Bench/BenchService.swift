public import CoreGRPC
import Glibc

/// The service by which servers are measured.
public struct BenchService: Bench_Bench.SimpleServiceProtocol {
  /// Creates the service.
  public init() {}

  /// Sends every message back.
  public func pingPong(
    request: RPCAsyncSequence<Bench_Payload>,
    response: RPCWriter<Bench_Payload>,
    context: ServerContext
  ) async throws {
    for try await payload in request { try await response.write(payload) }
  }

  /// Sends as many messages as it is asked for, or as the client takes.
  public func serverStream(
    request: Bench_StreamRequest,
    response: RPCWriter<Bench_Payload>,
    context: ServerContext
  ) async throws {
    let payload = Bench_Payload(data: Array(repeating: UInt8(ascii: "x"), count: Int(request.size)))
    var sent: UInt64 = 0
    while request.count == 0 || sent < request.count {
      try await response.write(payload)
      sent += 1
    }
  }

  /// Blocks its thread, as a handler should not.
  public func block(request: Bench_BlockRequest, context: ServerContext) async throws -> Bench_Payload {
    usleep(request.milliseconds * 1_000)
    return Bench_Payload()
  }
}
