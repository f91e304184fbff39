import CoreGRPC
import TestSupport
import Testing

/// Scenarios of C-core's own end-to-end suite that no other suite here covers: see `SCENARIOS.md`.
@Suite("Scenarios", .timeLimit(.minutes(5)))
struct ScenarioTests {
  @Test("cancel_after_client_done: the client cancels when it has half-closed")
  func cancelAfterClientDone() async throws {
    let halfClosed = Gate()
    let cancelled = Gate()
    try await withStreamServer { request, _ in
      StreamingServerResponse { _ in
        for try await _ in request.messages {}
        halfClosed.open()
        await waitForCancellation()
        cancelled.open()
        return [:]
      }
    } body: { test in
      let call = Task { await rpcError { try await test.echo([[1]]) }?.code }
      await halfClosed.pass()
      call.cancel()
      #expect(await call.value == .cancelled)
      await cancelled.pass()
    }
  }

  @Test("cancel_after_round_trip: the client cancels when one message has come back")
  func cancelAfterRoundTrip() async throws {
    try await withStreamServer { test in
      let roundTrip = Gate()
      let call = Task {
        await rpcError {
          try await test.bidirectional { writer in
            try await writer.write([1])
            await waitForCancellation()
          } onResponse: { response in
            for try await _ in response.messages { roundTrip.open() }
          }
        }?.code
      }
      await roundTrip.pass()
      call.cancel()
      #expect(await call.value == .cancelled)
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }

  @Test("cancel_in_a_vacuum: a call without a server is cancelled while it waits for a connection")
  func cancelInAVacuum() async throws {
    let channel = try Channel(target: "unix:/nonexistent/socket")
    let started = Gate()
    let call = Task {
      started.open()
      return await rpcError { try await channel.echo(options: CallOptions(waitForReady: true)) }?.code
    }
    await started.pass()
    call.cancel()
    #expect(await call.value == .cancelled)
  }

  @Test("disappearing_server: calls fail when the server goes, and succeed on the same channel when one is back")
  func disappearingServer() async throws {
    try await withTestServer(on: TestServer.addressOfItsOwn()) { first in
      let channel = first.channel
      #expect(try await channel.echo().message == [1, 2, 3])
      await first.server.shutdown(gracePeriod: .zero)
      let error = await #expect(throws: RPCError.self) { try await channel.echo() }
      #expect(error?.code == .unavailable)
      try await withTestServer(on: first.address.description) { (second) async throws in
        channel.resetConnectBackoff()
        let options = CallOptions(timeout: .seconds(30), waitForReady: true)
        #expect(try await channel.echo(options: options).message == [1, 2, 3])
      }
    }
  }

  @Test("large_metadata: within the limit it arrives whole, far beyond it the call fails and the server continues")
  func largeMetadata() async throws {
    try await withTestServer { request, _ in
      ServerResponse(message: [], trailingMetadata: ["x-large": request.metadata["x-large"].first ?? "none"])
    } body: { test in
      let large = String(repeating: "x", count: 7_000)
      let trailing = try await test.call(metadata: ["x-large": .string(large)]).trailingMetadata
      #expect(trailing[stringValues: "x-large"] == [large])
      let larger = Metadata.Value.string(String(repeating: "x", count: 100_000))
      var configuration = Channel.Configuration()
      configuration.maxRequestMetadataBytes = 200_000
      let channel = try Channel(target: test.address.description, configuration: configuration)
      for channel in [test.channel, channel] {
        let error = await #expect(throws: RPCError.self) { try await channel.echo(metadata: ["x-large": larger]) }
        #expect(error?.code == .resourceExhausted)
        let small = try await channel.echo(metadata: ["x-large": "small"])
        #expect(small.trailingMetadata["x-large"] == ["small"])
      }
    }
  }

  @Test(
    "resource_quota_server: many large requests over a small quota end in answers or refusals, and no crash"
  )
  func resourceQuota() async throws {
    var configuration = Server.Configuration()
    configuration.memoryQuota = 8 << 20
    try await withTestServer(configuration: configuration) { request, _ in
      ServerResponse(message: [UInt8(request.message.count >> 20)])
    } body: { (test) async throws in
      let message = [UInt8](repeating: 0, count: 1 << 20)
      let codes = await withTaskGroup(of: RPCError.Code?.self) { group in
        for _ in 0..<50 {
          group.addTask {
            await rpcError { try await test.call(message, options: CallOptions(timeout: .seconds(30))) }?.code
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(codes.count == 50)
      #expect(codes.allSatisfy { $0 == nil || $0 == .unavailable || $0 == .resourceExhausted })
      // When the storm is over there is room again. C-core may still be closing the connection to get memory back,
      // which refuses the calls of that moment; gRPC 1.85 refuses them while the quota is nearly used up.
      let options = CallOptions(timeout: .seconds(30), waitForReady: true)
      var code: RPCError.Code? = .unavailable
      while code == .unavailable || code == .resourceExhausted {
        code = await rpcError {
          let response = try await test.call([1], options: options)
          #expect(response.message == [0])
        }?.code
      }
      #expect(code == nil)
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }

  @Test("shutdown_finishes_tags: a server without calls, with connections that idle, shuts down")
  func shutdownFinishesTags() async throws {
    try await withTestServer { test in
      let channels = try (0..<5).map { _ in try Channel(target: test.address.description) }
      for channel in channels { try await channel.connect(timeout: .seconds(30)) }
    }
  }
}
