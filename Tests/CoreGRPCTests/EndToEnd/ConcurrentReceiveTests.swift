import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Two tasks that receive from one stream", .timeLimit(.minutes(5)))
struct ConcurrentReceiveTests {
  @Test("A handler's second task gets an error while the first one waits, which gets its message")
  func server() async throws {
    let failed = Gate()
    try await withStreamServer { request, context in
      StreamingServerResponse { writer in
        async let first = request.messages.first { _ in true }
        while !(context.call?.isReceivingMessage == true) { await Task.yield() }
        let error = await #expect(throws: RPCError.self) {
          var iterator = request.messages.makeAsyncIterator()
          return try await iterator.next()
        }
        #expect(error?.code == .internalError)
        #expect(error?.message.contains("another task receives") == true)
        failed.open()
        if let message = try await first { try await writer.write(message) }
        for try await message in request.messages { try await writer.write(message) }
        return [:]
      }
    } body: { test in
      let answers = try await test.bidirectional { writer in
        await failed.pass()
        try await writer.write(contentsOf: [[1], [2], [3]])
      } onResponse: { response in
        try await response.messages.reduce(into: []) { $0.append($1) }
      }
      #expect(answers == [[1], [2], [3]])
    }
  }

  @Test("A client's second task gets an error while the first one waits, which gets its message")
  func client() async throws {
    try await withStreamServer { test in
      let (pings, send) = AsyncStream.makeStream(of: [UInt8].self)
      try await test.bidirectional { writer in
        for await ping in pings { try await writer.write(ping) }
      } onResponse: { response in
        let messages = response.messages
        async let first = Self.receive(from: messages.makeAsyncIterator(), expecting: .failedPrecondition)
        // Until the first task waits, this one may be the one that does; then it gets the message.
        var error: RPCError?
        var isAlone = true
        while isAlone {
          async let second = rpcError {
            var iterator = messages.makeAsyncIterator()
            return try await iterator.next()
          }
          send.yield([1])
          error = await second
          isAlone = error == nil
        }
        #expect(error?.code == .failedPrecondition)
        #expect(error?.message.contains("another task receives") == true)
        send.yield([2])
        #expect(try await first != nil)
        send.finish()
        for try await _ in messages {}
      }
    }
  }

  @Test("However they meet, each message comes to one of them, and none waits for ever", arguments: [1, 2])
  func race(threads: Int) async throws {
    var configuration = Server.Configuration()
    configuration.polling.threads = threads
    try await withStreamServer(configuration: configuration) { request, _ in
      StreamingServerResponse { writer in
        let received = try await Self.receiveTwice(request.messages, expecting: .internalError)
        for message in received { try await writer.write(message) }
        return [:]
      }
    } body: { test in
      let messages = (0..<500).map { [UInt8($0 & 255), UInt8($0 >> 8)] }
      try await withThrowingTaskGroup { group in
        for _ in 0..<4 {
          group.addTask {
            let answers = try await test.bidirectional { writer in
              try await writer.write(contentsOf: messages)
            } onResponse: { response in
              try await Self.receiveTwice(response.messages, expecting: .failedPrecondition)
            }
            #expect(answers.sorted { ($0[1], $0[0]) < ($1[1], $1[0]) } == messages)
          }
        }
        try await group.waitForAll()
      }
    }
  }

  /// Receives all messages by two tasks, of which each tries again when it fails as the other one receives.
  private static func receiveTwice(
    _ messages: RPCAsyncSequence<[UInt8]>,
    expecting code: RPCError.Code
  ) async throws -> [[UInt8]] {
    try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
      for _ in 0..<2 {
        group.addTask {
          var received: [[UInt8]] = []
          while let message = try await receive(from: messages.makeAsyncIterator(), expecting: code) {
            received.append(message)
          }
          return received
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }

  /// Receives a message, and tries again while that fails as another task receives.
  private static func receive(
    from iterator: RPCAsyncSequence<[UInt8]>.AsyncIterator,
    expecting code: RPCError.Code
  ) async throws -> [UInt8]? {
    var iterator = iterator
    while true {
      do throws(RPCError) {
        return try await iterator.next()
      } catch {
        guard error.code == code, error.message.contains("another task receives") else { throw error }
        await Task.yield()
      }
    }
  }
}
