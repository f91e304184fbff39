import CoreGRPC
import Synchronization
import TestSupport
import Testing

/// A task serves one call after the other: what one call leaves in it, the next must not find.
@Suite("Tasks that serve several calls", .timeLimit(.minutes(5)))
struct HandlerTaskTests {
  @Test(
    "A call after one that was cancelled, or cancelled itself, is not cancelled",
    arguments: [Server.HandlerExecutor.pollers, .concurrentPool]
  )
  func cancellation(executor: Server.HandlerExecutor) async throws {
    let arrived = Gate()
    let ended = Gate()
    var configuration = Server.Configuration()
    configuration.handlerExecutor = executor
    try await withTestServer(configuration: configuration) { request, _ in
      let wasCancelled = Task.isCancelled
      switch request.message {
      case [1]: withUnsafeCurrentTask { $0?.cancel() }
      case [2]:
        arrived.open()
        await waitForCancellation()
        ended.open()
      default: break
      }
      return ServerResponse(message: wasCancelled ? [255] : request.message)
    } body: { (test) async throws in
      #expect(try await test.call([0]).message == [0])
      #expect(try await test.call([1]).message == [1])
      #expect(try await test.call([0]).message == [0])
      let cancelled = Task { await rpcError { try await test.call([2]) } }
      await arrived.pass()
      cancelled.cancel()
      #expect(await cancelled.value?.code == .cancelled)
      await ended.pass()
      for _ in 0..<10 { #expect(try await test.call([0]).message == [0]) }
    }
  }

  @Test("A call without a deadline after one with a deadline has none")
  func deadline() async throws {
    try await withTestServer { _, context in
      ServerResponse(message: context.deadline == nil ? [0] : [1])
    } body: { backend in
      try await withTestServer { request, _ in
        ServerResponse(message: try await backend.call(request.message).message)
      } body: { (front) async throws in
        for _ in 0..<3 {
          #expect(try await front.call(options: CallOptions(timeout: .seconds(60))).message == [1])
          #expect(try await front.call().message == [0])
        }
      }
    }
  }

  @Test("Hundreds of handlers at the same time, and then the server is gone with its tasks")
  func manyAtOnce() async throws {
    final class Witness: Sendable {
      let isGone: Gate

      init(isGone: Gate) { self.isGone = isGone }

      deinit { isGone.open() }
    }
    let isGone = Gate()
    do {
      let kept = Witness(isGone: isGone)
      let all = Rendezvous(300)
      try await withTestServer { [kept] request, _ in
        await all.arriveAndWait()
        return withExtendedLifetime(kept) { ServerResponse(message: request.message) }
      } body: { test in
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
          for _ in 0..<300 { group.addTask { try await test.call([7]).message } }
          for try await message in group { #expect(message == [7]) }
        }
      }
    }
    // The last task ends after the server has stopped.
    await isGone.pass()
  }
}

/// Lets everyone pass when all have arrived.
private final class Rendezvous: Sendable {
  private let missing: Atomic<Int>
  private let gate = Gate()

  init(_ count: Int) { missing = Atomic(count) }

  func arriveAndWait() async {
    if missing.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 { gate.open() }
    await gate.pass()
  }
}
