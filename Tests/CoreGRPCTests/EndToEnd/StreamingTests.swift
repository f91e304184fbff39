import CoreGRPC
import Synchronization
import TestSupport
import Testing

@Suite("Streams", .timeLimit(.minutes(5)))
struct StreamingTests {
  @Test("Messages come back in order, none lost", arguments: [0, 1, 2, 1_000])
  func echo(count: Int) async throws {
    try await withStreamServer { (test) async throws in
      let messages = (0..<count).map { Array("message \($0)".utf8) }
      #expect(try await test.echo(messages) == messages)
    }
  }

  @Test("Empty and large messages", arguments: [0, 1, 16_384, 1_000_000])
  func sizes(size: Int) async throws {
    try await withStreamServer { (test) async throws in
      let messages = (0..<5).map { [UInt8](repeating: UInt8($0), count: size) }
      #expect(try await test.echo(messages) == messages)
    }
  }

  @Test("A ping is answered by a pong while the stream stays open: a lone write is not deferred")
  func pingPong() async throws {
    try await withStreamServer { test in
      let pongs = try await test.bidirectional { writer in
        try await writer.write([0])
      } onResponse: { _ in
        0
      }
      #expect(pongs == 0)

      let (pings, send) = AsyncStream.makeStream(of: [UInt8].self)
      let received = try await test.bidirectional { writer in
        for await ping in pings { try await writer.write(ping) }
      } onResponse: { response in
        var received: [[UInt8]] = []
        send.yield([1])
        for try await pong in response.messages {
          received.append(pong)
          if pong[0] == 100 { send.finish() } else { send.yield([pong[0] + 1]) }
        }
        return received
      }
      #expect(received == (1...100).map { [$0] })
    }
  }

  @Test("Client streaming: many messages, one answer, metadata on both ends of it", arguments: [0, 1, 300])
  func clientStreaming(count: Int) async throws {
    try await withStreamServer { test in
      let response = try await test.channel.clientStreaming(
        request: StreamingClientRequest { writer in
          try await writer.write(contentsOf: repeatElement([1, 2, 3], count: count))
        },
        descriptor: StreamServer.clientStreaming
      )
      #expect(response.message == [UInt8((count * 3) >> 8), UInt8((count * 3) & 255)])
      #expect(response.metadata[stringValues: "x-initial"] == ["i"])
      #expect(response.trailingMetadata[stringValues: "x-trailing"] == ["t"])
    }
  }

  @Test("Server streaming: one message, many answers", arguments: [0, 1, 1_000])
  func serverStreaming(count: Int) async throws {
    try await withStreamServer { test in
      let request = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
      let (messages, trailing) = try await test.channel.serverStreaming(
        request: ClientRequest(message: request),
        descriptor: StreamServer.serverStreaming
      ) { response in
        let messages = try await response.messages.reduce(into: []) { $0 += $1 }
        return (messages, try await response.trailingMetadata())
      }
      #expect(messages == request)
      #expect(trailing[stringValues: "x-trailing"] == ["t"])
    }
  }

  @Test("The server's metadata is there before its first message")
  func earlyMetadata() async throws {
    let proceed = Gate()
    try await withStreamServer { request, _ in
      StreamingServerResponse(metadata: ["x-initial": .string(request.metadata[stringValues: "x-name"].joined())]) {
        _ in
        await proceed.pass()
        return [:]
      }
    } body: { test in
      let initial = try await test.bidirectional(metadata: ["x-name": "n"]) { _ in
      } onResponse: { response in
        proceed.open()
        for try await _ in response.messages { Issue.record("a message that nobody sent") }
        return response.metadata
      }
      #expect(initial[stringValues: "x-initial"] == ["n"])
    }
  }

  @Test("A server that ends the call early with OK stops the producer, and the client has what was sent")
  func earlyOK() async throws {
    try await withStreamServer { request, _ in
      StreamingServerResponse { writer in
        var messages = request.messages.makeAsyncIterator()
        if let first = try await messages.next() { try await writer.write(first) }
        return ["x-trailing": "early"]
      }
    } body: { test in
      let (answers, trailing) = try await test.bidirectional { writer in
        while true { try await writer.write([UInt8](repeating: 7, count: 10_000)) }
      } onResponse: { response in
        let answers = try await response.messages.reduce(0) { sum, _ in sum + 1 }
        return (answers, try await response.trailingMetadata())
      }
      #expect(answers == 1)
      #expect(trailing[stringValues: "x-trailing"] == ["early"])
    }
  }

  @Test("A server that fails early ends the call with its status, also after messages", arguments: [0, 3])
  func earlyError(messages: Int) async throws {
    try await withStreamServer { _, _ in
      StreamingServerResponse { writer in
        for index in 0..<messages { try await writer.write([UInt8(index)]) }
        throw RPCError(code: .aborted, message: "no more", metadata: ["x-why": "because"])
      }
    } body: { test in
      let received = Atomic(0)
      do {
        try await test.bidirectional { writer in
          while true { try await writer.write([1]) }
        } onResponse: { response in
          for try await _ in response.messages { received.add(1, ordering: .relaxed) }
        }
        Issue.record("the call succeeded")
      } catch let error as RPCError {
        #expect(error.code == .aborted)
        #expect(error.message == "no more")
        #expect(error.metadata[stringValues: "x-why"] == ["because"])
      }
      #expect(received.load(ordering: .relaxed) == messages)
    }
  }

  @Test("A handler that fails before it responds ends the call with its status")
  func failsBeforeResponse() async throws {
    try await withStreamServer { _, _ in
      throw RPCError(code: .permissionDenied, message: "no")
    } body: { (test) async throws in
      #expect(await rpcError { try await test.echo([[1]]) }?.code == .permissionDenied)
    }
  }

  @Test("A producer that fails cancels the call, and its error is what the call throws")
  func producerFails() async throws {
    struct Broken: Error {}
    let arrived = Gate()
    let cancelled = Gate()
    try await withStreamServer { request, _ in
      arrived.open()
      return StreamingServerResponse { writer in
        do {
          for try await message in request.messages { try await writer.write(message) }
        } catch {
          cancelled.open()
          throw error
        }
        return [:]
      }
    } body: { test in
      do {
        try await test.bidirectional { writer in
          try await writer.write([1])
          await arrived.pass()
          throw Broken()
        } onResponse: { response in
          for try await _ in response.messages {}
        }
        Issue.record("the call succeeded")
      } catch let error as RPCError {
        #expect(error.code == .cancelled)
        #expect(error.cause is Broken)
      }
      await cancelled.pass()
    }
  }

  @Test("A handler that begins to read when the client has gone is not told that the client has sent everything")
  func readsLate() async throws {
    let ends = AsyncStream.makeStream(of: RPCError.Code?.self)
    let arrivals = AsyncStream.makeStream(of: Void.self)
    // Another thread hears of the cancellation while the handler has this one.
    var configuration = Server.Configuration()
    configuration.polling.threads = 2
    try await withStreamServer(configuration: configuration) { request, _ in
      arrivals.continuation.yield()
      // Without a suspension, in which the handler would be cancelled.
      let until = ContinuousClock.now + .microseconds(500)
      while ContinuousClock.now < until {}
      // C-core fails the call when it sends the metadata.
      return StreamingServerResponse { _ in
        ends.continuation.yield(await rpcError { for try await _ in request.messages {} }?.code)
        return [:]
      }
    } body: { test in
      var nextArrival = arrivals.stream.makeAsyncIterator()
      var nextEnd = ends.stream.makeAsyncIterator()
      for _ in 0..<200 {
        let call = Task {
          try await test.bidirectional { writer in
            try await writer.write([1])
            await waitForCancellation()
          } onResponse: { response in
            for try await _ in response.messages {}
          }
        }
        await nextArrival.next()
        call.cancel()
        let end = await nextEnd.next()
        #expect(end == .cancelled)
        await #expect(throws: RPCError.self) { try await call.value }
      }
    }
  }

  @Test("A reader that stops early cancels the call, its producer and the handler; its own error stays its own")
  func readerStops() async throws {
    struct Enough: Error {}
    let cancelled = Gate()
    try await withStreamServer { _, _ in
      StreamingServerResponse { writer in
        defer { cancelled.open() }
        while true { try await writer.write([UInt8](repeating: 1, count: 1_000)) }
      }
    } body: { test in
      let first = try await test.bidirectional { _ in
        await waitForCancellation()
      } onResponse: { response in
        var messages = response.messages.makeAsyncIterator()
        return try await messages.next()?.count
      }
      #expect(first == 1_000)
      await cancelled.pass()
      await #expect(throws: Enough.self) {
        try await test.bidirectional { _ in
          await waitForCancellation()
        } onResponse: { _ in
          throw Enough()
        }
      }
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }

  @Test("A task that is cancelled in a stream cancels the call and the handler")
  func taskCancelled() async throws {
    let arrived = Gate()
    let cancelled = Gate()
    try await withStreamServer { request, _ in
      arrived.open()
      await waitForCancellation()
      cancelled.open()
      throw CancellationError()
    } body: { test in
      let call = Task { await rpcError { try await test.echo([[1]]) }?.code }
      await arrived.pass()
      call.cancel()
      #expect(await call.value == .cancelled)
      await cancelled.pass()
    }
  }

  @Test("A producer that a cancellation cuts short does not end the stream as if it had sent everything")
  func producerCutShort() async throws {
    try await withStreamServer { (test) async throws in
      for _ in 0..<100 {
        let begun = Gate()
        let call = Task {
          try await test.bidirectional { writer in
            try await writer.write([1])
            await waitForCancellation()
          } onResponse: { response in
            for try await _ in response.messages { begun.open() }
          }
        }
        await begun.pass()
        call.cancel()
        #expect(await rpcError { try await call.value }?.code == .cancelled)
      }
    }
  }

  @Test("A deadline ends a stream that never ends by itself")
  func deadline() async throws {
    try await withStreamServer { _, _ in
      StreamingServerResponse { writer in
        while true { try await writer.write([1]) }
      }
    } body: { test in
      let error = await #expect(throws: RPCError.self) {
        try await test.echo([], options: CallOptions(timeout: .milliseconds(200)))
      }
      #expect(error?.code == .deadlineExceeded)
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }

  @Test("A writer waits for a reader that does not read: flow control bounds what is on the way")
  func backpressure() async throws {
    let written = Atomic(0)
    let stalled = Gate()
    try await withStreamServer { request, _ in
      StreamingServerResponse { writer in
        await stalled.pass()
        for try await _ in request.messages {}
        return [:]
      }
    } body: { test in
      try await test.bidirectional { writer in
        for _ in 0..<300 {
          try await writer.write([UInt8](repeating: 0, count: 100_000))
          written.add(1, ordering: .relaxed)
        }
      } onResponse: { response in
        // 30 MB in all. What does not fit into the windows and the sockets' buffers must wait for the reader: once
        // nothing has moved for a while, most of it has not been written.
        var before = -1
        while written.load(ordering: .relaxed) != before {
          before = written.load(ordering: .relaxed)
          try await Task.sleep(for: .milliseconds(200))
        }
        #expect(before < 200)
        stalled.open()
        for try await _ in response.messages {}
      }
      #expect(written.load(ordering: .relaxed) == 300)
    }
  }

  @Test("Several tasks write to one stream, and no message is lost or torn")
  func concurrentWriters() async throws {
    try await withStreamServer { test in
      let received = try await test.bidirectional { writer in
        try await withThrowingTaskGroup(of: Void.self) { group in
          for task in 0..<10 {
            group.addTask { for index in 0..<50 { try await writer.write([UInt8(task), UInt8(index)]) } }
          }
          try await group.waitForAll()
        }
      } onResponse: { response in
        try await response.messages.reduce(into: []) { $0.append($1) }
      }
      #expect(Set(received).count == 500)
      for task in 0..<10 {
        let indexes = received.filter { $0[0] == UInt8(task) }.map { $0[1] }
        #expect(indexes == Array(0..<50))
      }
    }
  }

  @Test("A graceful shutdown lets a stream finish; a stop ends it")
  func shutdown() async throws {
    let arrived = [Gate(), Gate()]
    let round = Atomic(0)
    let handler: StreamServer.Bidirectional = { request, _ in
      arrived[round.load(ordering: .relaxed)].open()
      return StreamingServerResponse { writer in
        for try await message in request.messages { try await writer.write(message) }
        return [:]
      }
    }
    let finish = Gate()
    let first = try StreamServer(bidirectional: handler)
    async let finished = first.bidirectional { writer in
      await finish.pass()
      try await writer.write([9])
    } onResponse: { response in
      try await response.messages.reduce(into: []) { $0.append($1) }
    }
    await arrived[0].pass()
    first.server.beginGracefulShutdown()
    finish.open()
    #expect(try await finished == [[9]])
    await first.server.waitUntilStopped()

    round.store(1, ordering: .relaxed)
    try await withStreamServer(bidirectional: handler) { second in
      let stopped = Task {
        await rpcError {
          try await second.bidirectional { _ in
            await waitForCancellation()
          } onResponse: { response in
            for try await _ in response.messages {}
          }
        }?.code
      }
      await arrived[1].pass()
      await second.server.shutdown(gracePeriod: .zero)
      let code = await stopped.value
      #expect(code == .cancelled || code == .unavailable)
    }
  }

  @Test("A unary method called with an empty stream, or answered with too much, is UNIMPLEMENTED")
  func cardinality() async throws {
    try await withTestServer { unary in
      let empty = await #expect(throws: RPCError.self) {
        try await unary.channel.clientStreaming(
          request: StreamingClientRequest<[UInt8]> { _ in },
          descriptor: TestServer.echo
        )
      }
      #expect(empty?.code == .unimplemented)
    }

    try await withStreamServer { stream in
      for messages in [[], [[1], [2]]] as [[[UInt8]]] {
        let error = await #expect(throws: RPCError.self) {
          try await stream.channel.clientStreaming(
            request: StreamingClientRequest { writer in try await writer.write(contentsOf: messages) },
            descriptor: StreamServer.bidirectional
          )
        }
        #expect(error?.code == .unimplemented)
      }
      await stream.server.shutdown(gracePeriod: .seconds(10))
    }
  }

  @Test("1,000 concurrent streams")
  func manyStreams() async throws {
    try await withStreamServer { test in
      let messages = (0..<5).map { [UInt8($0)] }
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<1_000 { group.addTask { try await test.echo(messages) == messages } }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }
}
