import CoreGRPC
import GRPCTesting

extension InteropClient {
  func emptyUnary(_ service: Grpc_Testing_TestService.Client) async throws {
    _ = try await service.emptyCall(Grpc_Testing_Empty(), options: options())
  }

  func largeUnary(_ service: Grpc_Testing_TestService.Client) async throws {
    let response = try await service.unaryCall(.large, options: options())
    try check(response.payload, of: "the response", has: 314_159)
  }

  /// Both calls must succeed; whether a cache answered the second can be decided only where there is one.
  ///
  /// A cache needs a GET, which C-core no longer sends: its flag for cacheable calls is gone since 1.48.
  func cacheableUnary(_ service: Grpc_Testing_TestService.Client) async throws -> InteropOutcome {
    let time = String(UnixTime.nanoseconds)
    let request = Grpc_Testing_SimpleRequest(payload: Grpc_Testing_Payload(body: Array(time.utf8)))
    var bodies: [[UInt8]] = []
    for _ in 1...2 {
      let response = try await service.cacheableUnaryCall(
        request,
        metadata: ["x-user-ip": "1.2.3.4"],
        options: options()
      )
      bodies.append(response.payload?.body ?? [])
    }
    if bodies[0] == bodies[1] { return .passed }
    return .skipped("both calls succeeded, and no cache answered the second: C-core sends POST only")
  }
}
