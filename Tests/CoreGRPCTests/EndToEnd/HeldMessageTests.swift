import Dispatch
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Messages that a server holds back", .timeLimit(.minutes(5)))
struct HeldMessageTests {
  @Test("A message gets to the client though its handler then keeps the thread")
  func handlerKeepsThread() async throws {
    let received = DispatchSemaphore(value: 0)
    let held = Counter()
    let test = try StreamServer { request, context in
      StreamingServerResponse { writer in
        for try await message in request.messages {
          try await writer.write(message)
          if context.call.holdsMessage { held.add() }
          // Not `await`: it blocks the thread, and with it what that holds back.
          Self.block(on: received)
        }
        return [:]
      }
    }
    let (pings, send) = AsyncStream.makeStream(of: [UInt8].self)
    let count = try await test.bidirectional { writer in
      for await ping in pings { try await writer.write(ping) }
    } onResponse: { response in
      var count: UInt8 = 0
      send.yield([count])
      for try await pong in response.messages {
        #expect(pong == [count])
        received.signal()
        count += 1
        if count == 20 { send.finish() } else { send.yield([count]) }
      }
      return count
    }
    #expect(count == 20)
    #expect(held.value > 0)
    await test.server.shutdown()
  }

  @Test("They keep their order, and the end of the call comes after them", arguments: [1, 2])
  func order(threads: Int) async throws {
    let held = Counter()
    var configuration = Server.Configuration()
    configuration.pollerThreads = threads
    let test = try StreamServer(configuration: configuration) { request, context in
      StreamingServerResponse { writer in
        for try await message in request.messages {
          try await writer.write(message)
          if context.call.holdsMessage { held.add() }
          // More than fits into the window.
          try await writer.write(message[0] % 8 == 0 ? [UInt8](repeating: message[1], count: 100_000) : message)
          try await writer.write(message)
        }
        throw RPCError(code: .aborted, message: "the end")
      }
    }
    try await withThrowingTaskGroup { group in
      for index in UInt8(0)..<64 {
        group.addTask {
          let messages = (UInt8(0)..<20).map { [index, $0] }
          let answers = Locked<[[UInt8]]>([])
          let code = await errorCode {
            try await test.bidirectional { writer in
              for message in messages { try await writer.write(message) }
            } onResponse: { response in
              for try await answer in response.messages { answers.withLock { $0.append(answer) } }
            }
          }
          #expect(code == .aborted)
          let expected = messages.flatMap { message in
            [message, index % 8 == 0 ? [UInt8](repeating: message[1], count: 100_000) : message, message]
          }
          #expect(answers.withLock { $0 } == expected)
        }
      }
      try await group.waitForAll()
    }
    #expect(held.value > 0)
    await test.server.shutdown()
  }

  @Test("Clients that go leave nothing behind")
  func clientsGo() async throws {
    let test = try StreamServer()
    for _ in 0..<10 {
      try await withThrowingTaskGroup { group in
        for index in UInt8(0)..<64 {
          group.addTask {
            struct Enough: Error {}
            do {
              try await test.bidirectional { writer in
                for _ in 0..<10 { try await writer.write([index]) }
              } onResponse: { response in
                var count = 0
                for try await message in response.messages {
                  #expect(message == [index])
                  count += 1
                  if count == index % 16 { throw Enough() }
                }
                #expect(count == 10)
              }
            } catch is Enough {}
          }
        }
        try await group.waitForAll()
      }
    }
    // It waits for all calls.
    await test.server.shutdown()
  }

  @Test("Cancelling a child task of a handler that waits for a message cancels the call")
  func childTask() async throws {
    let ended = Gate()
    let test = try StreamServer { request, _ in
      StreamingServerResponse { writer in
        defer { ended.open() }
        try await withThrowingTaskGroup { group in
          let begun = Gate()
          group.addTask {
            for try await message in request.messages {
              try await writer.write(message)
              begun.open()
            }
          }
          await begun.pass()
          group.cancelAll()
          try await group.waitForAll()
        }
        return [:]
      }
    }
    let code = await errorCode {
      try await test.bidirectional { writer in
        try await writer.write([1])
        await waitForCancellation()
      } onResponse: { response in
        for try await _ in response.messages {}
      }
    }
    #expect(code == .cancelled)
    await ended.pass()
    await test.server.shutdown()
  }

  private static func block(on semaphore: DispatchSemaphore) { semaphore.wait() }
}

extension Call {
  fileprivate var holdsMessage: Bool { state.withLock { $0.sending.isHeld } }
}
