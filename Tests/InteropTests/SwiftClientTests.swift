import Compute
import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Swift client, Python servers", .serialized, .timeLimit(.minutes(5)))
struct SwiftClientTests {
  private static let modes = ["sync", "aio"]

  @Test("The server answers what Python's len gives", arguments: Python.available, modes)
  func strings(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    let texts = [
      ("123456", "6"), ("👨‍👩‍👧", "5"), ("e\u{301}", "2"), ("a\0b", "3"), ("", "0"),
      (String(repeating: "aé世🎉", count: 25_000), "100000"), (String(repeating: "x", count: 3 << 20), "3145728"),
    ]
    for (text, answer) in texts { #expect(try await server.ask(text) == answer) }
    await server.stop()
  }

  @Test(
    "A message over the server's limit is RESOURCE_EXHAUSTED, and the next call works",
    arguments: Python.available,
    modes
  )
  func tooLarge(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    #expect(await server.error(String(repeating: "x", count: 5 << 20))?.code == .resourceExhausted)
    #expect(try await server.ask("next") == "4")
    await server.stop()
  }

  @Test("500 calls, one after the other and 50 at a time", arguments: Python.available, modes)
  func manyCalls(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    for length in 0..<100 { #expect(try await server.ask(String(repeating: "é", count: length)) == "\(length)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<50 {
        group.addTask { () async throws in
          for call in 0..<10 {
            let length = worker * 10 + call
            let answer = try await server.ask(String(repeating: "世", count: length))
            #expect(answer == "\(length)")
          }
        }
      }
      try await group.waitForAll()
    }
    await server.stop()
  }

  @Test("Long messages and metadata harm no other call", arguments: Python.available, modes)
  func longMessages(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    let failures = await withTaskGroup(of: RPCError?.self) { group in
      for number in 0..<300 {
        group.addTask { await server.error("123456", metadata: ["x-test-delay-ms": "20"]) }
        guard number.isMultiple(of: 10) else { continue }
        group.addTask {
          let long = await server.error("", metadata: ["x-test-fail": "NOT_FOUND", "x-test-message-size": "9000"])
          #expect(long?.code == .notFound && long?.message == String(repeating: "x", count: 8_192))
          // The largest that is sent, or nearly so, and what is not.
          let fitting = Metadata.Value.string(String(repeating: "x", count: 7_400))
          #expect(await server.error("", metadata: ["x-test-unknown": fitting]) == nil)
          let over = Metadata.Value.string(String(repeating: "x", count: 8_100))
          #expect(await server.error("", metadata: ["x-test-unknown": over])?.code == .resourceExhausted)
          return nil
        }
      }
      return await group.reduce(into: []) { failures, failure in if let failure { failures.append(failure) } }
    }
    #expect(failures.count == 0, "\(failures.prefix(3))")
    await server.stop()
  }

  @Test(
    "A deadline passes: DEADLINE_EXCEEDED here, and the server's handler learns of it",
    arguments: Python.available,
    modes
  )
  func deadline(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    let error = await server.error("", metadata: ["x-test-hang": "late"], timeout: .seconds(1))
    #expect(error?.code == .deadlineExceeded)
    #expect(try await server.ask("", metadata: ["x-test-await-cancelled": "late"]) == "cancelled")
    await server.stop()
  }

  @Test("The server sees the deadline, or none", arguments: Python.available, modes)
  func deadlineIsSeen(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    let report = try await server.ask("", metadata: ["x-test-report-deadline": "1"], timeout: .seconds(5))
    let left = try #require(Int(report))
    // C-core sends a timeout of seconds in steps of up to 10 ms, rounded up.
    #expect(1...5_010 ~= left)
    #expect(try await server.ask("", metadata: ["x-test-report-deadline": "1"], timeout: nil) == "none")
    await server.stop()
  }

  @Test(
    "A task is cancelled: CANCELLED here, and the server's handler learns of it",
    arguments: Python.available,
    modes
  )
  func cancellation(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    let call = Task { await server.error("", metadata: ["x-test-hang": "dropped"]) }
    // Calls of one connection arrive in order, so that an answer to a later one shows that the first has arrived. The
    // task may start its call after this one, then it is cancelled before it is sent.
    _ = try await server.ask("", metadata: ["x-test-delay-ms": "200"])
    call.cancel()
    #expect(await call.value?.code == .cancelled)
    #expect(try await server.ask("", metadata: ["x-test-await-cancelled": "dropped"]) == "cancelled")
    await server.stop()
  }

  @Test("Metadata crosses in both directions", arguments: Python.available, modes)
  func metadata(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    let everyByte = (0...255).map { UInt8($0) }
    let response = try await server.client.sayHello(
      request: ClientRequest(
        message: Compute_HelloRequest(helloworld: "12"),
        metadata: ["x-test-echo": "one", "x-test-echo": "two", "x-test-echo-bin": .binary(everyByte)]
      )
    )
    #expect(response.message.result == "2")
    #expect(response.metadata[stringValues: "x-test-echo"] == ["one", "two"])
    #expect(response.trailingMetadata[binaryValues: "x-test-echo-bin"] == [everyByte])
    await server.stop()
  }

  @Test("A status arrives with its message and its metadata", arguments: Python.available, modes)
  func status(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    let message = "grüße 世界 %\n🎉"
    for code in Status.Code.allCases.dropFirst() {
      let error = await server.error(
        "",
        metadata: ["x-test-fail": .string(code.description), "x-test-message-bin": .binary(Array(message.utf8))]
      )
      #expect(error?.code == RPCError.Code(code))
      #expect(error?.message == message)
      #expect(error?.metadata[stringValues: "x-test-trailing"] == ["t1", "t2"])
      #expect(error?.metadata[binaryValues: "x-test-trailing-bin"] == [[0x00, 0xFF, 0x01, 0xFE]])
    }
    #expect(await server.error("", metadata: ["x-test-raise": "oops"])?.code == .unknown)
    await server.stop()
  }

  @Test("A method that the server has not got is UNIMPLEMENTED", arguments: Python.available, modes)
  func unimplemented(python: Python, mode: String) async throws {
    let server = try await PythonServer(python, mode: mode)
    for method in ["compute.Compute/Nope", "nope.Nope/SayHello"].map({ $0.split(separator: "/").map(String.init) }) {
      do throws(RPCError) {
        _ = try await server.channel.unary(
          request: ClientRequest(message: [0x0A, 0x00]),
          descriptor: MethodDescriptor(fullyQualifiedService: method[0], method: method[1]),
          serializer: IdentitySerializer(),
          deserializer: IdentityDeserializer()
        )
        Issue.record("\(method) was answered")
      } catch {
        #expect(error.code == .unimplemented)
      }
    }
    await server.stop()
  }

  @Test("A server that is killed in a call ends it with UNAVAILABLE", arguments: Python.available)
  func killedServer(python: Python) async throws {
    let server = try await PythonServer(python, mode: "sync")
    let call = Task { await server.error("", metadata: ["x-test-hang": "doomed"]) }
    _ = try await server.ask("", metadata: ["x-test-delay-ms": "200"])
    server.process.signal(SIGKILL)
    _ = await server.process.outcome()
    #expect(await call.value?.code == .unavailable)
  }
}
