import CoreGRPC
import StreamSupport
import TestSupport

/// Runs cases against a server that obeys the directives of `stream_server.py`.
struct StreamCaseRunner: Sendable {
  let calls: StreamCalls
  /// The number of calls that the case `deadlines` makes.
  let manyCalls: Int

  func run(_ chosen: StreamCase) async throws {
    switch chosen {
    case .counts:
      for kind in StreamKind.allCases {
        for count in kind == .unary ? [1] : [0, 1, 100, 1000] { try await exchange(kind, count: count, size: 10) }
      }
    case .sizes:
      for kind in StreamKind.allCases {
        for size in [0, 1, 16 << 10, 1 << 20, 3 << 20] { try await exchange(kind, count: 3, size: size) }
        try await exchange(kind, count: 100, size: 100_000)
      }
    case .pingPong: try await pingPong(rounds: 100)
    case .halfClose: try await halfClose()
    case .compression:
      for kind in StreamKind.allCases { try await exchange(kind, count: 3, size: 100_000, compression: .gzip) }
    case .metadata: try await metadata()
    case .largeMetadata: try await largeMetadata()
    case .codes: try await codes()
    case .messages: try await messages()
    case .oversizedMessage: try await oversizedMessage()
    case .earlyOK: try await earlyOK()
    case .earlyError: try await earlyError()
    case .cancel: try await cancel()
    case .deadline: try await deadline()
    case .deadlines: try await deadlines(atOnce: 64)
    }
  }
}

// MARK: Messages

extension StreamCaseRunner {
  private func exchange(
    _ kind: StreamKind,
    count: Int,
    size: Int,
    compression: CompressionAlgorithm? = nil
  ) async throws {
    let what = "\(kind) of \(count) messages of \(size) bytes"
    let options = CallOptions(timeout: .seconds(60), compression: compression)
    let outcome = await calls.call(kind, kind.requests(count: count, size: size), options: options)
    try expectSuccess(of: what, outcome)
    try expect(what, outcome.messages, is: kind.responses(count: count, size: size))
  }

  private func expectSuccess(of what: String, _ outcome: StreamOutcome) throws {
    if let error = outcome.error { throw Mismatch("\(what): \(error)") }
  }

  private func pingPong(rounds: Int) async throws {
    let (pings, send) = AsyncStream.makeStream(of: [UInt8].self)
    // A Python server sends its metadata with its first message: nothing is read before that.
    send.yield(StreamKind.payload(0, 100))
    try await calls.bidirectional { writer in
      for await ping in pings { try await writer.write(ping) }
    } onResponse: { response in
      var pongs = response.messages.makeAsyncIterator()
      for index in 0..<rounds {
        let pong = try await pongs.next()
        try expect("pong \(index)", pong, is: StreamKind.payload(index, 100))
        if index + 1 < rounds { send.yield(StreamKind.payload(index + 1, 100)) }
      }
      send.finish()
      let last = try await pongs.next()
      try expect("message after the last pong", last, is: nil)
    }
  }

  private func halfClose() async throws {
    let outcome = await calls.call(.bidirectional, [[7]], metadata: ["x-test-after-close": "100"])
    try expectSuccess(of: "a stream after the half-close", outcome)
    try expect("messages", outcome.messages, is: [[7]] + (0..<100).map { StreamKind.payload($0, 4) })
  }
}

// MARK: Metadata

extension StreamCaseRunner {
  private func metadata() async throws {
    let everyByte = (0...255).map { UInt8($0) }
    for kind in StreamKind.allCases {
      let outcome = await calls.call(
        kind,
        kind.requests(count: 2, size: 3),
        metadata: [
          "x-test-echo": "one", "x-test-echo": "two, and more", "x-test-echo-bin": .binary(everyByte),
          "x-test-echo-bin": [0x2C],
        ]
      )
      try expectSuccess(of: "\(kind) with metadata", outcome)
      try expect("messages of \(kind)", outcome.messages, is: kind.responses(count: 2, size: 3))
      let initial = Array(outcome.metadata[stringValues: "x-test-echo"])
      try expect("initial metadata of \(kind)", initial, is: ["one", "two, and more"])
      let trailing = Array(outcome.trailingMetadata[binaryValues: "x-test-echo-bin"])
      try expect("trailing metadata of \(kind)", trailing, is: [everyByte, [0x2C]])
    }
  }

  private func largeMetadata() async throws {
    let text = String(repeating: "0123456789", count: 200)
    let bytes = (0..<1500).map { UInt8(truncatingIfNeeded: $0) }
    for kind in StreamKind.allCases {
      let outcome = await calls.call(
        kind,
        kind.requests(count: 2, size: 3),
        metadata: ["x-test-echo": .string(text), "x-test-echo-bin": .binary(bytes)]
      )
      try expectSuccess(of: "\(kind) with large metadata", outcome)
      try expect("initial metadata of \(kind)", Array(outcome.metadata[stringValues: "x-test-echo"]), is: [text])
      let trailing = Array(outcome.trailingMetadata[binaryValues: "x-test-echo-bin"])
      try expect("trailing metadata of \(kind)", trailing, is: [bytes])
    }
  }
}

// MARK: Errors

extension StreamCaseRunner {
  /// Has the server fail a call after so many messages, or after all.
  private func fail(
    _ kind: StreamKind,
    with code: Status.Code,
    message: String,
    times: Int = 1,
    after count: String = "end",
    producer: @escaping StreamCalls.Producer = { writer in try await writer.write([1]) }
  ) async -> StreamOutcome {
    await calls.call(
      kind,
      first: kind.requests(count: 3, size: 1000)[0],
      metadata: [
        "x-test-fail": .string(code.description), "x-test-fail-after": .string(count),
        "x-test-message-bin": .binary(Array(message.utf8)), "x-test-message-times": .string("\(times)"),
      ],
      producer: producer
    )
  }

  private func expectFailure(
    of what: String,
    _ outcome: StreamOutcome,
    with code: Status.Code,
    message: String
  ) throws {
    guard let error = outcome.error else { throw Mismatch("\(what): the call succeeded") }
    guard error.code.description == code.description else {
      throw Mismatch("\(what): \(error)", expected: [code.description])
    }
    try expect("message of \(what)", error.message, is: message)
    let trailing = Array(error.metadata[stringValues: "x-test-trailing"])
    try expect("trailing metadata of \(what)", trailing, is: ["t1", "t2"])
    let binary = Array(error.metadata[binaryValues: "x-test-trailing-bin"])
    try expect("binary trailing metadata of \(what)", binary, is: [[0x00, 0xFF, 0x01, 0xFE]])
  }

  private func codes() async throws {
    for kind in StreamKind.allCases {
      for code in Status.Code.allCases where code != .ok {
        let message = "this is \(code)"
        let outcome = await fail(kind, with: code, message: message)
        try expectFailure(of: "\(kind) that fails with \(code)", outcome, with: code, message: message)
      }
    }
  }

  private func messages() async throws {
    let texts = [
      ("", 1), ("grüße 世界 %\n🎉", 1), ("100 % of %41,\r\nin two lines", 1), ("👨‍👩‍👧", 1), ("ü", 500), ("x", 4000),
    ]
    for kind in StreamKind.allCases {
      for (text, times) in texts {
        let outcome = await fail(kind, with: .notFound, message: text, times: times)
        let what = "\(kind) that fails with \(times) times \(text.debugDescription)"
        try expectFailure(of: what, outcome, with: .notFound, message: String(repeating: text, count: times))
      }
    }
  }

  private func oversizedMessage() async throws {
    for kind in StreamKind.allCases {
      let outcome = await fail(kind, with: .notFound, message: "x", times: 9000)
      let what = "\(kind) that fails with 9,000 bytes"
      guard let error = outcome.error else { throw Mismatch("\(what): the call succeeded") }
      guard error.code == .notFound, error.message.hasPrefix("xxxxxxxx") else {
        throw Mismatch("\(what): \(error)", expected: ["NOT_FOUND and a message that begins as the server's"])
      }
    }
    // Neither harms the calls that follow it on the connection.
    for _ in 0..<100 { try await exchange(.unary, count: 1, size: 10) }
  }
}

// MARK: The end in the middle

extension StreamCaseRunner {
  /// Sends until the call is over.
  private static let endlessly: StreamCalls.Producer = { writer in
    var index = 0
    while true {
      try await writer.write(StreamKind.payload(index, 1000))
      index += 1
    }
  }

  private func earlyOK() async throws {
    for count in [0, 3] {
      for kind in [StreamKind.clientStreaming, .bidirectional] {
        let what = "\(kind) that ends after \(count) messages"
        let outcome = await calls.call(
          kind,
          first: [],
          metadata: ["x-test-end-after": .string("\(count)"), "x-test-echo-bin": [0xFF, 0x00]],
          producer: Self.endlessly
        )
        try expectSuccess(of: what, outcome)
        try expect("messages of \(what)", outcome.messages, is: kind.responses(count: count, size: 1000))
        let trailing = Array(outcome.trailingMetadata[binaryValues: "x-test-echo-bin"])
        try expect("trailing metadata of \(what)", trailing, is: [[0xFF, 0x00]])
      }
    }
  }

  private func earlyError() async throws {
    let text = "grüße 世界 %\n🎉"
    for kind in StreamKind.allCases {
      for count in kind == .unary ? [0] : [0, 3] {
        let what = "\(kind) that fails after \(count) messages"
        let outcome = await fail(kind, with: .aborted, message: text, after: "\(count)", producer: Self.endlessly)
        try expectFailure(of: what, outcome, with: .aborted, message: text)
        let expected = kind.hasResponseStream ? kind.responses(count: count, size: 1000) : []
        try expect("messages of \(what)", outcome.messages, is: expected)
      }
    }
  }

  /// Makes a call that hangs at the server after its first message.
  private func hang(_ kind: StreamKind, identifier: String, timeout: Duration) async -> StreamOutcome {
    await calls.call(
      kind,
      first: kind.requests(count: 10, size: 100)[0],
      metadata: ["x-test-hang": .string(identifier)],
      options: CallOptions(timeout: timeout)
    ) { writer in
      try await writer.write(StreamKind.payload(0, 100))
      await waitForCancellation()
      throw CancellationError()
    }
  }

  private func cancel() async throws {
    for kind in StreamKind.allCases {
      let identifier = "cancel-\(UInt64.random(in: 0 ... .max))"
      let call = Task { await hang(kind, identifier: identifier, timeout: .seconds(60)) }
      try expect(kind.rawValue, await calls.ask("await-hanging", identifier), is: "hanging")
      call.cancel()
      let outcome = await call.value
      try expect("code of a cancelled \(kind)", outcome.error?.code, is: .cancelled)
      try expect("what the server says of \(kind)", await calls.ask("await-cancelled", identifier), is: "cancelled")
    }
  }

  private func deadline() async throws {
    // Connects, so that the time is that of the calls alone.
    try expect("release", await calls.ask("release", "nothing"), is: "released")
    try await withThrowingTaskGroup { group in
      for kind in StreamKind.allCases {
        group.addTask {
          let identifier = "deadline-\(UInt64.random(in: 0 ... .max))"
          let outcome = await hang(kind, identifier: identifier, timeout: .seconds(1))
          guard outcome.error?.code == .deadlineExceeded else {
            let actual = outcome.error.map { "\($0)" } ?? "the call succeeded"
            throw Mismatch("\(kind): \(actual)", expected: ["DEADLINE_EXCEEDED"])
          }
          let expected = kind.hasResponseStream ? [StreamKind.payload(0, 100)] : []
          try expect("messages of \(kind)", outcome.messages, is: expected)
          try expect("what the server says of \(kind)", await calls.ask("await-cancelled", identifier), is: "cancelled")
        }
      }
      try await group.waitForAll()
    }
  }

  private func deadlines(atOnce: Int) async throws {
    try expect("release", await calls.ask("release", "nothing"), is: "released")
    let outcomes = await withTaskGroup(of: RPCError?.self) { group in
      var ends: [String: (count: Int, first: String)] = [:]
      func add(_ error: RPCError?) {
        ends[error?.code.description ?? "OK", default: (0, error.map { "\($0)" } ?? "OK")].count += 1
      }
      for index in 0..<manyCalls {
        if index >= atOnce, let ended = await group.next() { add(ended) }
        let kind = StreamKind.allCases[index % StreamKind.allCases.count]
        group.addTask { await hang(kind, identifier: "deadlines", timeout: .milliseconds(200)).error }
      }
      for await ended in group { add(ended) }
      return ends
    }
    let others = outcomes.filter { $0.key != "DEADLINE_EXCEEDED" }
    if others.isEmpty { return }
    let found = others.values.sorted { $0.count > $1.count }.map { end in
      "\(end.count) of \(manyCalls) ended with \(end.first)"
    }
    throw Mismatch(found.joined(separator: "; "), expected: ["DEADLINE_EXCEEDED"])
  }
}
