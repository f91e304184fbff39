import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Authorization of calls", .timeLimit(.minutes(5)))
struct AuthorizationTests {
  private static let denial = RPCError(code: .permissionDenied, message: "Unauthorized RPC request rejected.")

  private static let none = #"{"name": "nothing", "allow_rules": [{"name": "a", "request": {"paths": ["/no/path"]}}]}"#

  private func provider(_ json: String) throws -> AuthorizationPolicyProvider {
    try AuthorizationPolicyProvider(AuthorizationPolicy(json: json))
  }

  @Test("A server decides as C-core does, whatever its clients show")
  func table() async throws {
    let certificates = try await TestCertificates()
    for row in AuthorizationTable.rows {
      let test = try AuthorizedServer(try provider(row.policy), client: row.client, certificates: certificates)
      let error = try await withShutdown(of: test.server) { await test.error(path: row.path, metadata: row.metadata) }
      let isUnknown = row.path == KindsOfCall.unknown.path
      if row.decision.isAllowed {
        #expect(isUnknown ? error?.code == .unimplemented : error == nil, "\(row.testDescription)")
      } else {
        #expect(error == Self.denial, "\(row.testDescription)")
      }
      #expect(test.handlers.value == (row.decision.isAllowed && !isUnknown ? 1 : 0), "\(row.testDescription)")
      let call = try #require(test.recorder.ended.first)
      let reason: RefusedCall.Reason? = row.decision.isAllowed ? (isUnknown ? .unknownMethod : nil) : .unauthorized
      #expect(call.refusal == reason, "\(row.testDescription)")
      #expect(call.path == row.path)
      #expect(call.code.rawValue == error?.code.rawValue ?? 0)
    }
  }

  /// Notes that it has been called.
  private struct Witness: ServerInterceptor {
    let calls = Counter()

    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingServerRequest<Input>,
      context: ServerContext,
      next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
      calls.add()
      return try await next(request, context)
    }
  }

  @Test(
    "No handler and no interceptor sees a call that is denied, wherever handlers run",
    arguments: [Server.HandlerExecutor.pollers, .concurrentPool]
  )
  func order(executor: Server.HandlerExecutor) async throws {
    let (reports, continuation) = AsyncStream.makeStream(of: RefusedCall.self)
    let witness = Witness()
    let test = try AuthorizedServer(try provider(Self.none), interceptors: [witness]) {
      $0.handlerExecutor = executor
      $0.onRefusedCall = { continuation.yield($0) }
    }
    try await withShutdown(of: test.server) {
      var iterator = reports.makeAsyncIterator()
      for kind in MethodDescriptor.RPCType.kinds {
        let error = await rpcError { try await test.channel.call(kind) }
        #expect(error == Self.denial)
        let report = await iterator.next()
        #expect(report?.reason == .unauthorized)
        #expect(report?.path == KindsOfCall.method(kind).path)
        #expect(report?.status == Status(Self.denial))
      }
    }
    #expect(witness.calls.value == 0 && test.handlers.value == 0)
  }

  @Test("A stream is denied before its messages are there")
  func withoutMessages() async throws {
    let test = try AuthorizedServer(try provider(Self.none))
    try await withShutdown(of: test.server) {
      let error = await rpcError {
        try await test.channel.clientStreaming(
          request: StreamingClientRequest<[UInt8]> { _ in await waitForCancellation() },
          descriptor: KindsOfCall.method(.clientStreaming)
        ) as ClientResponse<[UInt8]>
      }
      #expect(error == Self.denial)
    }
  }

  @Test("A channel of the server's own process is subject to the policy, and not authenticated")
  func inProcess() async throws {
    let json = #"{"name": "n", "allow_rules": [{"name": "a", "source": {"principals": ["*", ""]}}]}"#
    let test = try AuthorizedServer(try provider(json))
    try await withShutdown(of: test.server) {
      let channel = try test.server.makeInProcessChannel()
      let error = await rpcError { try await channel.call(.unary) }
      #expect(error == Self.denial)
    }
  }

  @Test("Metadata over the limit is refused whatever the policy says, also for methods that do not exist")
  func metadataOverLimit() async throws {
    let json = #"""
      {"name": "n", "deny_rules": [{"name": "d", "request": {"headers": [{"key": "k", "values": ["*"]}]}}],
      "allow_rules": [{"name": "a"}]}
      """#
    let test = try AuthorizedServer(try provider(json))
    let text = String(repeating: "x", count: 20_000)
    try await withShutdown(of: test.server) {
      for path in ["/test.Kinds/unary", "/test.Kinds/Unknown"] {
        #expect(await test.error(path: path, metadata: ["k": .string(text)])?.code == .resourceExhausted)
        #expect(await test.error(path: path, metadata: ["k": "v"]) == Self.denial)
      }
    }
  }
}
