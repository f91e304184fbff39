import Dispatch
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Messages that a server defers", .timeLimit(.minutes(5)))
struct DeferredMessageTests {
  @Test("A message gets to the client though its handler then keeps the thread")
  func handlerKeepsThread() async throws {
    let received = DispatchSemaphore(value: 0)
    let deferred = Counter()
    // A new server now and then: a method whose handlers are slow leaves the polling threads, where alone messages are
    // deferred.
    for _ in 0..<20 where deferred.value == 0 {
      try await withStreamServer { request, context in
        StreamingServerResponse { writer in
          for try await message in request.messages {
            try await writer.write(message)
            if context.call?.defersMessage == true { deferred.add() }
            // Not `await`: it blocks the thread, and with it what that defers.
            Self.block(on: received)
          }
          return [:]
        }
      } body: { test in
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
      }
    }
    #expect(deferred.value > 0)
  }

  @Test("They keep their order, and the end of the call comes after them", arguments: [1, 2])
  func order(threads: Int) async throws {
    let deferred = Counter()
    var configuration = Server.Configuration()
    configuration.polling.threads = threads
    for _ in 0..<20 where deferred.value == 0 {
      try await withStreamServer(configuration: configuration) { request, context in
        StreamingServerResponse { writer in
          for try await message in request.messages {
            try await writer.write(message)
            if context.call?.defersMessage == true { deferred.add() }
            // More than fits into the window.
            try await writer.write(message[0] % 8 == 0 ? [UInt8](repeating: message[1], count: 100_000) : message)
            try await writer.write(message)
          }
          throw RPCError(code: .aborted, message: "the end")
        }
      } body: { test in
        try await withThrowingTaskGroup { group in
          for index in UInt8(0)..<64 {
            group.addTask {
              let messages = (UInt8(0)..<20).map { [index, $0] }
              let answers = Locked<[[UInt8]]>([])
              let error = await #expect(throws: RPCError.self) {
                try await test.bidirectional { writer in
                  for message in messages { try await writer.write(message) }
                } onResponse: { response in
                  for try await answer in response.messages { answers.withLock { $0.append(answer) } }
                }
              }
              #expect(error?.code == .aborted)
              let expected = messages.flatMap { message in
                [message, index % 8 == 0 ? [UInt8](repeating: message[1], count: 100_000) : message, message]
              }
              #expect(answers.withLock { $0 } == expected)
            }
          }
          try await group.waitForAll()
        }
      }
    }
    #expect(deferred.value > 0)
  }

  @Test("Clients that go leave nothing behind")
  func clientsGo() async throws {
    try await withStreamServer { test in
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
    }
  }

  @Test("If C-core refuses a deferred message, the next one fails with the reason")
  func refused() async throws {
    let refusals = Counter()
    for _ in 0..<20 where refusals.value == 0 {
      try await withStreamServer { request, context in
        StreamingServerResponse { writer in
          for try await message in request.messages {
            try await writer.write(message)
            guard context.call?.spoilDeferredMessage() == true else { continue }
            do throws(RPCError) {
              try await writer.write(message)
              Issue.record("the message was sent")
            } catch {
              #expect(error.code == .internalError)
              #expect(error.message.hasPrefix("C-core refused a batch"))
              refusals.add()
              throw error
            }
          }
          return [:]
        }
      } body: { test in
        // A message is deferred now and then.
        for _ in 0..<50 where refusals.value == 0 {
          let count = Counter()
          let code = await rpcError {
            try await test.bidirectional { writer in
              for _ in 0..<200 { try await writer.write([1]) }
            } onResponse: { response in
              for try await _ in response.messages { count.add() }
            }
          }?.code
          // Never a success with a message less.
          #expect(code == nil ? count.value == 200 : count.value < 200)
        }
      }
    }
    #expect(refusals.value > 0)
  }

  @Test("Cancelling a child task of a handler that waits for a message cancels the call")
  func childTask() async throws {
    let ended = Gate()
    try await withStreamServer { request, _ in
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
    } body: { test in
      let error = await #expect(throws: RPCError.self) {
        try await test.bidirectional { writer in
          try await writer.write([1])
          await waitForCancellation()
        } onResponse: { response in
          for try await _ in response.messages {}
        }
      }
      #expect(error?.code == .cancelled)
      await ended.pass()
    }
  }

  private static func block(on semaphore: DispatchSemaphore) { semaphore.wait() }
}

extension Call {
  /// Has C-core refuse the message that is deferred, by flags that it does not know.
  ///
  /// - Returns: Whether one is.
  fileprivate func spoilDeferredMessage() -> Bool {
    state.withLock { state in
      guard state.messages.sending.isDeferred else { return false }
      state.messages.sending.defer(flags: .max)
      return true
    }
  }

  fileprivate var defersMessage: Bool { state.withLock { $0.messages.sending.isDeferred } }
}
