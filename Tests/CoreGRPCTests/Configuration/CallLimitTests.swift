import CoreGRPC
import TestSupport
import Testing

@Suite("Limits of one call", .timeLimit(.minutes(5)))
struct CallLimitTests {
  @Test("A message over the limit of a unary call is RESOURCE_EXHAUSTED, and the next call works")
  func unary() async throws {
    try await withTestServer { request, _ in
      ServerResponse(message: request.message + [0])
    } body: { test in
      for (size, sent, received, code) in [
        (3, 3, 4, nil), (4, 3, nil, .resourceExhausted), (3, nil, 3, .resourceExhausted), (0, 0, 1, nil),
      ] as [(Int, Int?, Int?, RPCError.Code?)] {
        let options = CallOptions(maxRequestMessageBytes: sent, maxResponseMessageBytes: received)
        let error = await rpcError {
          try await test.call([UInt8](repeating: 1, count: size), options: options)
        }
        #expect(error?.code == code, "\(size)")
        if let error { #expect(error.message.contains("4 bytes") && error.message.contains("limit is 3"), "\(error)") }
      }
    }
  }

  @Test("A message over the limit of a stream ends it with RESOURCE_EXHAUSTED, the messages before it pass")
  func streams() async throws {
    try await withStreamServer { test in
      for options in [CallOptions(maxRequestMessageBytes: 2), CallOptions(maxResponseMessageBytes: 2)] {
        let fitting = try await test.echo([[1], [1, 2]], options: options)
        #expect(fitting == [[1], [1, 2]])
        let error = await #expect(throws: RPCError.self) { try await test.echo([[1], [1, 2, 3]], options: options) }
        #expect(error?.code == .resourceExhausted)
      }
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }
}
