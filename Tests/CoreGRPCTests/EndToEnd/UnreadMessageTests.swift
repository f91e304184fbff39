import CoreGRPC
import TestSupport
import Testing

@Suite("Messages that are not read", .timeLimit(.minutes(5)))
struct UnreadMessageTests {
  /// Sends 1,000 messages of 10,000 bytes: more than any window.
  private func withServer(_ body: (StreamServer) async throws -> Void) async throws {
    try await withStreamServer { _, _ in
      StreamingServerResponse { writer in
        for _ in 0..<1_000 { try await writer.write([UInt8](repeating: 7, count: 10_000)) }
        return ["x-trailing": "t"]
      }
    } body: { test in
      try await body(test)
      await test.server.shutdown(gracePeriod: .zero)
    }
  }

  @Test(
    "A client that asks for the trailing metadata gets it: after some messages, and after none",
    arguments: [0, 1, 3]
  )
  func trailingMetadata(count: Int) async throws {
    try await withServer { test in
      let metadata = try await test.bidirectional { _ in
      } onResponse: { response in
        if count > 0 {
          var received = 0
          for try await _ in response.messages {
            received += 1
            if received == count { break }
          }
        }
        return try await response.trailingMetadata()
      }
      #expect(metadata[stringValues: "x-trailing"].first == "t")
    }
  }

  @Test("A client that waits for the first message alone gets the trailing metadata, too")
  func afterFirstMessage() async throws {
    try await withServer { test in
      let metadata = try await test.bidirectional { _ in
      } onResponse: { response in
        try await response.awaitingFirstMessage().trailingMetadata()
      }
      #expect(metadata[stringValues: "x-trailing"].first == "t")
    }
  }

  @Test("Messages that have been dropped are not taken for the end of the stream")
  func readingAfterwards() async throws {
    try await withServer { test in
      let error = await #expect(throws: RPCError.self) {
        try await test.bidirectional { _ in
        } onResponse: { response in
          _ = try await response.trailingMetadata()
          for try await _ in response.messages { Issue.record("a message came") }
        }
      }
      #expect(error?.code == .failedPrecondition)
    }
  }

  @Test("All messages may be read before, and the trailing metadata be asked for twice")
  func afterAllMessages() async throws {
    try await withServer { test in
      try await test.bidirectional { _ in
      } onResponse: { response in
        let count = try await response.messages.reduce(0) { sum, _ in sum + 1 }
        #expect(count == 1_000)
        for _ in 0..<2 { #expect(try await response.trailingMetadata()[stringValues: "x-trailing"].first == "t") }
        // The end of the stream stays what it is.
        for try await _ in response.messages { Issue.record("a message came") }
      }
    }
  }

  @Test("Waiting for the trailing metadata ends with the deadline, and with the task")
  func endless() async throws {
    let began = Gate()
    try await withStreamServer { _, _ in
      StreamingServerResponse { _ in
        began.open()
        await waitForCancellation()
        return [:]
      }
    } body: { test in
      let onDeadline = await #expect(throws: RPCError.self) {
        try await test.bidirectional(options: CallOptions(timeout: .milliseconds(50))) { _ in
        } onResponse: { response in
          try await response.trailingMetadata()
        }
      }
      #expect(onDeadline?.code == .deadlineExceeded)
      let onCancellation = await #expect(throws: RPCError.self) {
        try await test.bidirectional { _ in
        } onResponse: { response in
          let waiting = Task { try await response.trailingMetadata() }
          waiting.cancel()
          return try await waiting.value
        }
      }
      #expect(onCancellation?.code == .cancelled)
      await test.server.shutdown(gracePeriod: .zero)
    }
  }
}
