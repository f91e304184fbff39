import CoreGRPC
import TestSupport
import Testing

@Suite("Unary calls", .timeLimit(.minutes(5)))
struct UnaryTests {
  @Test("The bytes of a message arrive", arguments: [0, 1, 22, 23, 24, 1_000, 8_192, 100_000, 4_000_000])
  func bytes(count: Int) async throws {
    try await withTestServer { (test) async throws in
      let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      #expect(try await test.call(message).message == message)
    }
  }

  @Test("A method that the server has not got is UNIMPLEMENTED, and the next call works")
  func unimplemented() async throws {
    try await withTestServer { (test) async throws in
      for name in ["Nope", "", "Echo/Echo", "Écho"] {
        let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: name)
        let error = await #expect(throws: RPCError.self) { try await test.channel.echo(method: method) }
        #expect(error?.code == .unimplemented, "\(name)")
      }
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  @Test("A call to an address without a listener is UNAVAILABLE")
  func deadAddress() async throws {
    try await withTestServer(on: TestServer.addressOfItsOwn()) { test in
      await test.server.shutdown()
      let error = await #expect(throws: RPCError.self) { try await test.call() }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("A call that waits for a server meets its deadline", arguments: ["127.0.0.1:1", "unix:/nonexistent/socket"])
  func waitForReady(target: String) async throws {
    let channel = try Channel(target: target)
    let error = await #expect(throws: RPCError.self) {
      try await channel.echo(options: CallOptions(timeout: .milliseconds(200), waitForReady: true))
    }
    #expect(error?.code == .deadlineExceeded)
  }

  @Test("A target that makes no sense is refused and named", arguments: ["ipv4:nonsense", "ipv6:[::1", "a\0b", ""])
  func badTarget(target: String) async throws {
    let error = #expect(throws: RuntimeError.self) { try Channel(target: target) }
    let message = try #require(error?.message)
    #expect(error?.code == .invalidArgument)
    #expect(message.contains(target.utf8.contains(0) ? "NUL" : "'\(target)'"), "\(message)")
  }

  @Test("A closed channel makes no calls; those in progress continue")
  func closedChannel() async throws {
    let held = HeldHandler()
    try await withTestServer(handler: held.handler) { (test) async throws in
      async let first = test.call([7])
      await held.arrived.pass()
      test.channel.close()
      let error = await #expect(throws: RPCError.self) { try await test.call() }
      #expect(error?.code == .unavailable)
      held.proceed.open()
      #expect(try await first.message == [7])
    }
  }

  @Test("A message over the server's limit is RESOURCE_EXHAUSTED, and the next call works")
  func requestTooLarge() async throws {
    var configuration = Server.Configuration()
    configuration.maxRequestMessageBytes = 1_000
    try await withTestServer(configuration: configuration) { (test) async throws in
      #expect(try await test.call([UInt8](repeating: 1, count: 1_000)).message.count == 1_000)
      let error = await #expect(throws: RPCError.self) { try await test.call([UInt8](repeating: 1, count: 1_001)) }
      #expect(error?.code == .resourceExhausted)
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  @Test("A message over the client's limit is RESOURCE_EXHAUSTED, and the next call works")
  func responseTooLarge() async throws {
    var configuration = Channel.Configuration()
    configuration.maxResponseMessageBytes = 1_000
    try await withTestServer(channelConfiguration: configuration) { (test) async throws in
      let error = await #expect(throws: RPCError.self) { try await test.call([UInt8](repeating: 1, count: 1_001)) }
      #expect(error?.code == .resourceExhausted)
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  @Test("10,000 calls, 100 at a time, each get their own answer")
  func manyCalls() async throws {
    try await withTestServer { test in
      let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for worker in 0..<100 {
          group.addTask {
            for call in 0..<100 {
              let message = Array("\(worker)/\(call)".utf8)
              let answer = try await test.call(message).message
              guard answer == message else { throw RPCError(code: .dataLoss, message: "\(worker)/\(call)") }
            }
            return 100
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(total == 10_000)
    }
  }

  @Test(
    "Every form of a target reaches the server",
    arguments: [
      "127.0.0.1:PORT", "ipv4:127.0.0.1:PORT", "dns:127.0.0.1:PORT", "dns:///localhost:PORT", "localhost:PORT",
      "ipv6:[::1]:PORT", "[::1]:PORT", "ipv4:127.0.0.1:PORT,127.0.0.1:PORT",
    ]
  )
  func targets(form: String) async throws {
    try await withTestServer(on: form.contains("::1") ? "[::1]:0" : "127.0.0.1:0") { test in
      let port = try #require(test.address.port)
      let target = form.split(separator: "PORT", omittingEmptySubsequences: false).joined(separator: "\(port)")
      let channel = try Channel(target: target)
      #expect(try await channel.echo(options: CallOptions(waitForReady: true)).message == [1, 2, 3])
    }
  }

  @Test("Several listeners, several kinds of address", arguments: ["127.0.0.1:0", "[::1]:0", "localhost:0"])
  func addresses(address: String) async throws {
    try await withTestServer(on: address) { (test) async throws in
      #expect(test.address.port != 0)
      #expect(try await test.call().message == [1, 2, 3])
    }
  }
}
