import Dispatch
import Glibc
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Handlers that run beside the polling threads", .timeLimit(.minutes(5)))
struct HandlerLaneTests {
  private static let block = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Block")

  /// A server whose method `Block` waits for a semaphore with its thread, and whose echo answers.
  private func makeServer(
    maximumHandlerThreads: Int,
    until proceed: DispatchSemaphore,
    arrived: Counter = Counter()
  ) throws -> (Server, Channel) {
    var router = RPCRouter()
    func register(_ method: MethodDescriptor, _ body: @escaping @Sendable () -> Void) {
      router.registerHandler(
        forMethod: method,
        deserializer: IdentityDeserializer(),
        serializer: IdentitySerializer(),
        handler: { (request: ServerRequest<[UInt8]>, _) in
          body()
          return ServerResponse(message: request.message)
        }
      )
    }
    register(TestServer.echo) {}
    register(Self.block) {
      arrived.add()
      proceed.wait()
    }
    var configuration = Server.Configuration()
    configuration.maximumHandlerThreads = maximumHandlerThreads
    let server = Server(router: router, configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    return (server, try Channel(target: address.description))
  }

  @Test("Hundreds of blocked handlers of a method hold up neither another method nor a shutdown")
  func hundreds() async throws {
    let proceed = DispatchSemaphore(value: 0)
    let (server, channel) = try makeServer(maximumHandlerThreads: 400, until: proceed)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<300 {
        group.addTask { _ = await rpcError { () async throws(RPCError) in try await channel.echo(method: Self.block) } }
      }
      for index in 1...200 { #expect(try await channel.echo([UInt8(index)]).message == [UInt8(index)]) }
      await server.shutdown(gracePeriod: .zero)
      for _ in 0..<300 { proceed.signal() }
      try await group.waitForAll()
    }
  }

  @Test("Where as many handlers block as there may be, further ones wait for their turn, and their deadlines hold")
  func bound() async throws {
    let proceed = DispatchSemaphore(value: 0)
    let arrived = Counter()
    let (server, channel) = try makeServer(maximumHandlerThreads: 4, until: proceed, arrived: arrived)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<40 { group.addTask { _ = try await channel.echo(method: Self.block) } }
      let late = await rpcError { () async throws(RPCError) in
        try await channel.echo(method: Self.block, options: CallOptions(timeout: .milliseconds(200)))
      }
      #expect(late?.code == .deadlineExceeded)
      for index in 1...20 { #expect(try await channel.echo([UInt8(index)]).message == [UInt8(index)]) }
      // At most 3 of the lane, and those that were found to block on polling threads before that was known.
      #expect(arrived.value < 40)
      for _ in 0..<41 { proceed.signal() }
      try await group.waitForAll()
    }
    await server.shutdown()
  }

  @Test("A method leaves the polling threads when its handlers block, and returns when they are quick again")
  func placement() async throws {
    let blocks = Locked(true)
    let test = try TestServer { request, _ in
      let name = currentPollerName == nil ? [0] : [1] as [UInt8]
      if blocks.withLock({ $0 }) { usleep(20_000) }
      return ServerResponse(message: name)
    }
    #expect(try await test.call().message == [1])
    // The one that was found to block, and no other one, has held a polling thread.
    while try await test.call().message == [1] {}
    for _ in 0..<5 { #expect(try await test.call().message == [0]) }
    blocks.withLock { $0 = false }
    while try await test.call().message == [0] {}
    #expect(try await test.call().message == [1])
    await test.server.shutdown()
  }

  @Test("Where no further thread can be had, calls wait and their deadlines hold")
  func noThreads() async throws {
    // A program of its own: the limit is that of a process, and Swift's pool has no way to live with it.
    let server = try ChildProcess(Locations.executable("race-peer"), ["limit"])
    let channel = try Channel(target: try #require(await server.line(after: "running... ")))
    #expect(try await channel.echo([1]).message == [1])
    #expect(try await channel.echo([1], method: Self.limit).message == [1])
    let codes = await withTaskGroup(of: RPCError.Code?.self) { group in
      for _ in 0..<40 {
        group.addTask {
          await rpcError { () async throws(RPCError) in
            try await channel.echo(method: Self.block, options: CallOptions(timeout: .milliseconds(200)))
          }?.code
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(codes.allSatisfy { $0 == .deadlineExceeded })
    #expect(try await channel.echo([7]).message == [7])
    server.signal(SIGKILL)
    #expect(await server.outcome().wasKilled)
  }

  private static let limit = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Limit")
}
