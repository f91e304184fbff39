import CoreGRPC
import TestSupport
import Testing

@Suite("Deadlines and cancellation", .timeLimit(.minutes(5)))
struct CancellationTests {
  @Test("A handler that never answers meets the deadline, and is cancelled by it")
  func deadline() async throws {
    let arrived = Locked(false)
    let cancelled = Gate()
    try await withTestServer { request, context in
      #expect(context.deadline != nil)
      arrived.withLock { $0 = true }
      await waitForCancellation()
      cancelled.open()
      return ServerResponse(message: request.message)
    } body: { test in
      // On a busy machine a deadline can pass before the server has the call.
      var timeout = Duration.milliseconds(200)
      repeat {
        let options = CallOptions(timeout: timeout)
        let error = await #expect(throws: RPCError.self) { try await test.call(options: options) }
        #expect(error?.code == .deadlineExceeded)
        timeout *= 2
      } while !arrived.withLock { $0 }
      await cancelled.pass()
    }
  }

  @Test(
    "A deadline in the past ends the call immediately",
    arguments: [Duration.zero, .seconds(-1), .seconds(-1_000_000)]
  )
  func negativeDeadline(timeout: Duration) async throws {
    try await withTestServer { (test) async throws in
      let error = await #expect(throws: RPCError.self) {
        try await test.call(options: CallOptions(timeout: timeout))
      }
      #expect(error?.code == .deadlineExceeded)
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  @Test("The server sees the time that is left", arguments: [Duration.seconds(30), .seconds(100_000_000)])
  func deadlineIsSeen(timeout: Duration) async throws {
    try await withTestServer { request, context in
      let left = try #require(context.deadline) - .now
      #expect(left > .zero)
      #expect(left <= timeout + .seconds(1))
      return ServerResponse(message: request.message)
    } body: { test in
      _ = try await test.call(options: CallOptions(timeout: timeout))
    }
  }

  @Test("Without a timeout there is no deadline, nor with one beyond measure")
  func noDeadline() async throws {
    try await withTestServer { request, context in
      ServerResponse(message: context.deadline == nil ? [0] : [1])
    } body: { test in
      #expect(try await test.call().message == [0])
      _ = try await test.call(options: CallOptions(timeout: .seconds(Int64.max)))
    }
  }

  @Test("Cancelling the client's task cancels the call, and the handler's task")
  func clientCancels() async throws {
    let arrived = Gate()
    let cancelled = Gate()
    try await withTestServer { request, _ in
      arrived.open()
      await waitForCancellation()
      cancelled.open()
      throw CancellationError()
    } body: { test in
      let call = Task { await rpcError { try await test.call() } }
      await arrived.pass()
      call.cancel()
      #expect(await call.value?.code == .cancelled)
      await cancelled.pass()
    }
  }

  @Test("A task that is cancelled already makes no call")
  func cancelledBefore() async throws {
    try await withTestServer { test in
      let go = Gate()
      let call = Task {
        await go.pass()
        return await rpcError { try await test.call() }
      }
      call.cancel()
      go.open()
      #expect(await call.value?.code == .cancelled)
    }
  }

  @Test("A reply after the client disconnected is dropped, and the server continues")
  func replyTooLate() async throws {
    let arrived = Gate()
    let proceed = Gate()
    let replied = Gate()
    try await withTestServer { request, _ in
      guard request.message == [9] else { return ServerResponse(message: request.message) }
      arrived.open()
      await proceed.pass()
      defer { replied.open() }
      return ServerResponse(message: request.message, metadata: ["a": "b"], trailingMetadata: ["c": "d"])
    } body: { (test) async throws in
      let call = Task { await rpcError { try await test.call([9]) } }
      await arrived.pass()
      call.cancel()
      #expect(await call.value?.code == .cancelled)
      proceed.open()
      await replied.pass()
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  @Test("Cancels and answers that cross leave every call with one outcome")
  func cancelRaces() async throws {
    try await withTestServer { request, _ in
      if request.message[0] % 2 == 0 { try await Task.sleep(for: .microseconds(Int(request.message[1]))) }
      return ServerResponse(message: request.message)
    } body: { test in
      let outcomes = await withTaskGroup(of: RPCError?.self) { group in
        for index in 0..<2_000 {
          group.addTask {
            let call = Task {
              await rpcError {
                try await test.call([UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: index / 8)])
              }
            }
            for _ in 0..<(index % 7) { await Task.yield() }
            if index % 3 != 0 { call.cancel() }
            return await call.value
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.count == 2_000)
      #expect(outcomes.allSatisfy { $0 == nil || $0?.code == .cancelled })
    }
  }
}
