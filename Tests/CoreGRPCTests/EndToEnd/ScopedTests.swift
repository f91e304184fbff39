import CoreGRPC
import TestSupport
import Testing

@Suite("Servers and channels with a scope", .timeLimit(.minutes(5)))
struct ScopedTests {
  private struct Echo: RegistrableRPCService {
    var handler: TestServer.Handler = { request, _ in ServerResponse(message: request.message) }

    func registerMethods(with router: inout RPCRouter) {
      router.registerHandler(forMethod: TestServer.echo, handler: handler)
    }
  }

  private static func call(_ address: ListenAddress?) async throws -> [UInt8] {
    try await withGRPCClient(target: #require(address).description) { channel in
      try await channel.echo().message
    }
  }

  @Test("A server listens while the closure runs, and has stopped afterwards")
  func server() async throws {
    let addresses = try [ListenAddress("127.0.0.1:0"), ListenAddress("[::1]:0")]
    let (server, used) = try await withGRPCServer(services: [Echo()], listeningOn: addresses) { server in
      let used = server.listeningAddresses
      #expect(used.count == 2 && used.allSatisfy { $0.port != 0 })
      for address in used {
        let answer = try await Self.call(address)
        #expect(answer == [1, 2, 3])
      }
      return (server, used)
    }
    #expect(server.listeningAddresses.isEmpty)
    await server.waitUntilStopped()
    let error = await #expect(throws: RPCError.self) { try await Self.call(used.first) }
    #expect(error?.code == .unavailable)
  }

  @Test("A server without an address serves its process")
  func inProcess() async throws {
    let answer = try await withGRPCServer(services: [Echo()]) { server in
      try await server.makeInProcessChannel().echo([7]).message
    }
    #expect(answer == [7])
  }

  @Test("A closure that throws ends calls in progress, and its error comes out")
  func failure() async throws {
    let hasBegun = Gate()
    let echo = Echo { request, _ in
      hasBegun.open()
      await waitForCancellation()
      return ServerResponse(message: request.message)
    }
    var call: Task<RPCError.Code?, Never>?
    await #expect(throws: RPCError(code: .aborted, message: "enough")) {
      try await withGRPCServer(services: [echo], listeningOn: [ListenAddress("127.0.0.1:0")]) { server in
        let address = server.listeningAddresses.first
        call = Task { await rpcError { try await Self.call(address) }?.code }
        await hasBegun.pass()
        throw RPCError(code: .aborted, message: "enough")
      }
    }
    let code = await call?.value
    #expect(code == .unavailable)
    await #expect(throws: RuntimeError.self) {
      try await withGRPCServer(services: [Echo(), Echo()], listeningOn: [ListenAddress("127.0.0.1:0")]) { _ in }
    }
  }

  @Test("A call that is in progress when the closure returns is served")
  func gracefulEnd() async throws {
    let (hasBegun, mayEnd) = (Gate(), Gate())
    let echo = Echo { request, context in
      hasBegun.open()
      try await context.cancellation.cancelled
      await mayEnd.pass()
      return ServerResponse(message: request.message)
    }
    let call = try await withGRPCServer(services: [echo], listeningOn: [ListenAddress("127.0.0.1:0")]) { server in
      let address = server.listeningAddresses.first
      let call = Task { try await Self.call(address) }
      await hasBegun.pass()
      mayEnd.open()
      return call
    }
    #expect(try await call.value == [1, 2, 3])
  }

  @Test("Cancelling the task stops a server", arguments: [false, true])
  func cancellation(serves: Bool) async throws {
    let isListening = Gate()
    let task = Task {
      if serves {
        let server = Server(services: [Echo()])
        try server.listen(on: ListenAddress("127.0.0.1:0"))
        isListening.open()
        try await server.serve()
      } else {
        try await withGRPCServer(services: [Echo()], listeningOn: [ListenAddress("127.0.0.1:0")]) { server in
          isListening.open()
          await server.waitUntilStopped()
        }
      }
    }
    await isListening.pass()
    task.cancel()
    try await task.value
  }

  @Test("A channel is closed when its closure is done")
  func client() async throws {
    try await withTestServer { test in
      let channel = try await withGRPCClient(target: test.address.description) { channel in
        let answer = try await channel.echo().message
        #expect(answer == [1, 2, 3])
        return channel
      }
      let error = await #expect(throws: RPCError.self) { try await channel.echo() }
      #expect(error?.code == .unavailable)
    }
  }
}
