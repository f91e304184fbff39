import CoreGRPC
import Foundation
import StreamSupport
import TestSupport
import Testing

@Suite("Swift stream client, Python servers", .serialized, .timeLimit(.minutes(5)))
struct SwiftStreamClientTests {
  private static let modes = ["sync", "aio"]

  @Test("0, 1, 100 and 1,000 messages come in order, none lost", arguments: Python.available, modes)
  func counts(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    for kind in [StreamKind.clientStreaming, .serverStreaming, .bidirectional] {
      for count in [0, 1, 100, 1_000] {
        let outcome = await server.calls.call(kind, kind.requests(count: count, size: 10))
        #expect(outcome.error == nil)
        #expect(outcome.messages == kind.responses(count: count, size: 10), "\(kind), \(count) messages")
      }
    }
    await server.stop()
  }

  @Test("Messages from nothing to 1 MiB", arguments: Python.available, modes)
  func sizes(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    for kind in StreamKind.allCases {
      for size in [0, 1, 16 << 10, 1 << 20] {
        let outcome = await server.calls.call(kind, kind.requests(count: 5, size: size))
        #expect(outcome.error == nil)
        let isRight = outcome.messages == kind.responses(count: 5, size: size)
        #expect(isRight, "\(kind), \(size) bytes")
      }
    }
    await server.stop()
  }

  /// Sends each message when the answer to the one before has come.
  private func pingPong(_ calls: StreamCalls, rounds: Int) async throws {
    let (pings, send) = AsyncStream.makeStream(of: [UInt8].self)
    // A Python server sends its metadata with its first message, unless told otherwise: nothing is read before that.
    send.yield(StreamKind.payload(0, 100))
    try await calls.bidirectional { writer in
      for await ping in pings { try await writer.write(ping) }
    } onResponse: { response in
      var pongs = response.messages.makeAsyncIterator()
      for index in 0..<rounds {
        let pong = try await pongs.next()
        #expect(pong == StreamKind.payload(index, 100))
        if index + 1 < rounds { send.yield(StreamKind.payload(index + 1, 100)) }
      }
      send.finish()
      let last = try await pongs.next()
      #expect(last == nil)
    }
  }

  @Test(
    "Ping-pong: each message is sent when the answer to the one before has come",
    arguments: Python.available,
    modes
  )
  func pingPong(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    try await pingPong(server.calls, rounds: 200)
    await server.stop()
  }

  @Test("50 concurrent streams", arguments: Python.available, modes)
  func parallel(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { try await pingPong(server.calls, rounds: 20) } }
      try await group.waitForAll()
    }
    await server.stop()
  }

  @Test("After the client's half-close the server continues to send", arguments: Python.available, modes)
  func halfClose(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    let outcome = await server.calls.call(.bidirectional, [[7]], metadata: ["x-test-after-close": "100"])
    #expect(outcome.error == nil)
    #expect(outcome.messages == [[7]] + (0..<100).map { StreamKind.payload($0, 4) })
    await server.stop()
  }

  /// Sends until the call is over.
  private static let endlessly: StreamCalls.Producer = { writer in
    var index = 0
    while true {
      try await writer.write(StreamKind.payload(index, 1_000))
      index += 1
    }
  }

  @Test("The server ends the call with OK while the client sends without end", arguments: Python.available, modes)
  func earlyOK(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    for count in [0, 3] {
      for kind in [StreamKind.clientStreaming, .bidirectional] {
        let outcome = await server.calls.call(
          kind,
          first: [],
          metadata: ["x-test-end-after": .string("\(count)"), "x-test-echo-bin": [0xFF, 0x00]],
          producer: Self.endlessly
        )
        #expect(outcome.error == nil, "\(kind) that ends after \(count) messages")
        #expect(outcome.messages == kind.responses(count: count, size: 1_000))
        #expect(outcome.trailingMetadata[binaryValues: "x-test-echo-bin"] == [[0xFF, 0x00]])
      }
    }
    await server.stop()
  }

  @Test(
    "The server fails after 0 or 3 messages while the client sends without end: status, text and metadata arrive",
    arguments: Python.available,
    modes
  )
  func earlyError(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    let text = "grüße 世界 %\n🎉"
    for kind in StreamKind.allCases {
      for count in kind == .unary ? [0] : [0, 3] {
        let outcome = await server.calls.call(
          kind,
          first: kind.requests(count: 10, size: 1_000)[0],
          metadata: [
            "x-test-fail": "ABORTED", "x-test-fail-after": .string("\(count)"),
            "x-test-message-bin": .binary(Array(text.utf8)), "x-test-echo-bin": [0xFF, 0x00],
          ],
          producer: Self.endlessly
        )
        #expect(outcome.messages == (kind.hasResponseStream ? kind.responses(count: count, size: 1_000) : []))
        let error = try #require(outcome.error, "\(kind) that fails after \(count) messages")
        #expect(error.code == .aborted)
        #expect(error.message == text)
        #expect(error.metadata[stringValues: "x-test-trailing"] == ["t1", "t2"])
        #expect(error.metadata[binaryValues: "x-test-trailing-bin"] == [[0x00, 0xFF, 0x01, 0xFE]])
        #expect(error.metadata[binaryValues: "x-test-echo-bin"] == [[0xFF, 0x00]])
      }
    }
    await server.stop()
  }

  @Test("Metadata crosses in both directions, in calls of all kinds", arguments: Python.available, modes)
  func metadata(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    let everyByte = (0...255).map { UInt8($0) }
    for kind in StreamKind.allCases {
      let outcome = await server.calls.call(
        kind,
        kind.requests(count: 2, size: 3),
        metadata: [
          "x-test-echo": "one", "x-test-echo": "two, and more", "x-test-echo-bin": .binary(everyByte),
          "x-test-echo-bin": [0x2C],
        ]
      )
      #expect(outcome.error == nil)
      #expect(outcome.messages == kind.responses(count: 2, size: 3))
      #expect(outcome.metadata[stringValues: "x-test-echo"] == ["one", "two, and more"])
      #expect(outcome.trailingMetadata[binaryValues: "x-test-echo-bin"] == [everyByte, [0x2C]])
    }
    await server.stop()
  }

  @Test("The server's metadata is there before either side has sent a message", arguments: Python.available, modes)
  func earlyMetadata(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    let metadataCame = Gate()
    let answers = try await server.calls.bidirectional(metadata: ["x-test-echo": "early"]) { writer in
      await metadataCame.pass()
      try await writer.write([9])
    } onResponse: { response in
      #expect(response.metadata[stringValues: "x-test-echo"] == ["early"])
      metadataCame.open()
      return try await response.messages.reduce(into: []) { $0.append($1) }
    }
    #expect(answers == [[9]])
    await server.stop()
  }

  /// Makes a call that hangs at the server after its first message.
  private func hang(
    _ calls: StreamCalls,
    _ kind: StreamKind,
    timeout: Duration = .seconds(60)
  ) async -> StreamOutcome {
    await calls.call(
      kind,
      first: kind.requests(count: 10, size: 100)[0],
      metadata: ["x-test-hang": .string(kind.rawValue)],
      options: CallOptions(timeout: timeout)
    ) { writer in
      try await writer.write(StreamKind.payload(0, 100))
      await waitForCancellation()
      throw CancellationError()
    }
  }

  /// Returns the messages of a call that ended while it hung.
  private func messages(before end: StreamKind) -> [[UInt8]] {
    end.hasResponseStream ? [StreamKind.payload(0, 100)] : []
  }

  @Test(
    "A task is cancelled in the middle: CANCELLED here, and the server learns of it",
    arguments: Python.available,
    modes
  )
  func cancellation(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    for kind in StreamKind.allCases {
      let call = Task { await hang(server.calls, kind) }
      #expect(await server.calls.ask("await-hanging", kind.rawValue) == "hanging")
      call.cancel()
      #expect(await call.value.error?.code == .cancelled, "\(kind)")
      #expect(await server.calls.ask("await-cancelled", kind.rawValue) == "cancelled")
    }
    await server.stop()
  }

  @Test("A deadline passes in the middle, and the server learns of it", arguments: Python.available, modes)
  func deadline(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    // Connects, so that the time is that of the calls alone.
    #expect(await server.calls.ask("release", "nothing") == "released")
    await withTaskGroup(of: Void.self) { group in
      for kind in StreamKind.allCases {
        group.addTask {
          let outcome = await hang(server.calls, kind, timeout: .seconds(2))
          #expect(outcome.error?.code == .deadlineExceeded, "\(kind)")
          #expect(outcome.messages == messages(before: kind))
          #expect(await server.calls.ask("await-cancelled", kind.rawValue) == "cancelled")
        }
      }
    }
    await server.stop()
  }

  @Test("A server that is killed in the middle ends the calls with UNAVAILABLE", arguments: Python.available, modes)
  func killedServer(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    await withTaskGroup(of: Void.self) { group in
      for kind in StreamKind.allCases {
        group.addTask {
          let outcome = await hang(server.calls, kind)
          #expect(outcome.error?.code == .unavailable, "\(kind)")
        }
      }
      for kind in StreamKind.allCases {
        #expect(await server.calls.ask("await-hanging", kind.rawValue) == "hanging")
      }
      server.process.signal(SIGKILL)
      await group.waitForAll()
    }
    #expect(await server.process.outcome().wasKilled)
  }

  /// Waits until nothing moves any more, and expects that to be long before the 300 messages are written.
  private func expectStall(_ written: () async -> Int) async throws {
    var before = -1
    var now = 0
    repeat {
      before = now
      // Nothing tells that something does not happen.
      try await Task.sleep(for: .milliseconds(300))
      now = await written()
    } while now == 0 || now != before
    #expect(now < 200, "\(now) of 300 messages were written although nobody reads")
  }

  @Test("30 MB to a server that does not read yet: the writer waits", arguments: Python.available, modes)
  func writerStalls(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    let written = Counter()
    async let outcome = server.calls.call(.clientStreaming, first: [], metadata: ["x-test-hold": "slow"]) { writer in
      for _ in 0..<300 {
        try await writer.write(StreamKind.payload(0, 100_000))
        written.add()
      }
    }
    try await expectStall { written.value }
    #expect(await server.calls.ask("release", "slow") == "released")
    #expect(await outcome.error == nil)
    #expect(await outcome.messages == [Array("300 30000000".utf8)])
    #expect(written.value == 300)
    await server.stop()
  }

  @Test("30 MB from a server to a client that does not read yet: the server waits", arguments: Python.available, modes)
  func readerStalls(python: Python, mode: String) async throws {
    let server = try await PythonStreamServer(python, mode: mode)
    let calls = try server.callsBeside()
    let count = try await server.calls.channel.serverStreaming(
      request: ClientRequest(message: Array("300 100000".utf8), metadata: ["x-test-count": "slow"]),
      descriptor: StreamKind.serverStreaming.descriptor,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: CallOptions(timeout: .seconds(60))
    ) { response in
      var messages = response.messages.makeAsyncIterator()
      let first = try await messages.next()
      #expect(first == StreamKind.payload(0, 100_000))
      try await expectStall { Int(await calls.ask("report-count", "slow")) ?? 300 }
      var count = 1
      while let message = try await messages.next() {
        let isRight = message == StreamKind.payload(count, 100_000)
        #expect(isRight, "message \(count)")
        count += 1
      }
      return count
    }
    #expect(count == 300)
    await server.stop()
  }
}
