import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Turns", .timeLimit(.minutes(5)))
struct TurnQueueTests {
  @Test("A task that is cancelled while it waits gets no turn, and delays no other task")
  func cancellation() async {
    let turns = TurnQueue()
    #expect(turns.beginAtOnce())
    let waiters = (0..<100).map { _ in Task { await turns.begin() } }
    for waiter in waiters { waiter.cancel() }
    for waiter in waiters { #expect(await waiter.value == false) }
    turns.end()
    #expect(await turns.begin())
    turns.end()
  }

  @Test("A task that is cancelled before it waits gets no turn")
  func cancelledBefore() async {
    let turns = TurnQueue()
    #expect(turns.beginAtOnce())
    let cancelled = Gate()
    let waiter = Task {
      await cancelled.pass()
      return await turns.begin()
    }
    waiter.cancel()
    cancelled.open()
    #expect(await waiter.value == false)
    turns.end()
    #expect(turns.beginAtOnce())
  }

  @Test("Tasks that are cancelled while turns are given take or leave them, and none is lost")
  func races() async {
    let turns = TurnQueue()
    let taken = await withTaskGroup(of: Bool.self) { group in
      for index in 0..<1_000 {
        group.addTask {
          let waiter = Task {
            guard await turns.begin() else { return false }
            await Task.yield()
            turns.end()
            return true
          }
          if index % 2 == 0 { waiter.cancel() }
          return await waiter.value
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(taken >= 500)
    #expect(turns.beginAtOnce())
  }

  @Test("A writer that is cancelled while others write ends, and so does the call")
  func writer() async throws {
    try await withStreamServer { _, _ in
      StreamingServerResponse { _ in
        await waitForCancellation()
        return [:]
      }
    } body: { test in
      let waits = Gate()
      let error = await rpcError {
        try await test.bidirectional { writer in
          // The server reads nothing, so the first message that does not fit into the window keeps the turn.
          let writers = Task { while true { try await writer.write([UInt8](repeating: 1, count: 1_000_000)) } }
          let waiter = Task {
            waits.open()
            while true { try await writer.write([2]) }
          }
          await waits.pass()
          waiter.cancel()
          let error = await #expect(throws: RPCError.self) { try await waiter.value }
          #expect(error?.code == .cancelled)
          _ = await writers.result
        } onResponse: { response in
          for try await _ in response.messages {}
        }
      }
      #expect(error?.code == .cancelled)
      await test.server.shutdown(gracePeriod: .zero)
    }
  }
}
