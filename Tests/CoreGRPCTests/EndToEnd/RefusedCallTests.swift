import Dispatch
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Calls that no handler gets", .timeLimit(.minutes(5)))
struct RefusedCallTests {
  private struct Unreadable: Error {}

  private struct FailingDeserializer: MessageDeserializer {
    func deserialize(_ bytes: RawSpan) throws -> [UInt8] { throw Unreadable() }
  }

  private static let unreadable = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Unreadable")
  private static let unknown = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Unknown")

  /// A server that reports its refused calls, and a channel to it.
  private struct Reporting {
    let server: Server
    let channel: Channel
    let reports: AsyncStream<RefusedCall>

    init(
      _ executor: Server.HandlerExecutor = .pollers,
      limit: Int = 10_000,
      onReport: @escaping @Sendable (RefusedCall) -> Void = { _ in },
      handler: @escaping @Sendable () async -> Void = {}
    ) throws {
      let (reports, continuation) = AsyncStream.makeStream(of: RefusedCall.self)
      self.reports = reports
      var configuration = Server.Configuration()
      configuration.handlerExecutor = executor
      configuration.maxConcurrentCalls = limit
      configuration.onRefusedCall = { call in
        continuation.yield(call)
        onReport(call)
      }
      var router = RPCRouter()
      router.registerHandler(forMethod: TestServer.echo) { (request: ServerRequest<[UInt8]>, _) in
        await handler()
        return ServerResponse(message: request.message)
      }
      router.registerHandler(
        forMethod: RefusedCallTests.unreadable,
        deserializer: FailingDeserializer(),
        serializer: IdentitySerializer(),
        handler: { (request: ServerRequest<[UInt8]>, _) in ServerResponse(message: request.message) }
      )
      server = Server(router: router, configuration: configuration)
      let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
      try server.start()
      channel = try Channel(target: address.description)
    }

    /// The error of a call with the messages.
    func error(of method: MethodDescriptor, messages: [[UInt8]] = [[1]]) async -> RPCError? {
      await rpcError {
        try await channel.bidirectionalStreaming(
          request: StreamingClientRequest { writer in try await writer.write(contentsOf: messages) },
          descriptor: method
        ) { (response: StreamingClientResponse<[UInt8]>) in
          for try await _ in response.messages {}
        }
      }
    }
  }

  /// Checks the next report of a refused call.
  private static func check(
    _ report: RefusedCall?,
    of error: RPCError?,
    _ reason: RefusedCall.Reason,
    _ method: MethodDescriptor
  ) {
    #expect(report?.reason == reason)
    #expect(report?.path == method.path)
    #expect(report?.remotePeer.hasPrefix("ipv4:127.0.0.1:") == true)
    #expect(report?.status.code.rawValue == error?.code.rawValue && report?.status.message == error?.message)
    #expect(report?.droppedBefore == 0)
  }

  @Test("Each is reported with its reason, path, peer and status", arguments: [true, false])
  func reasons(onPollers: Bool) async throws {
    let test = try Reporting(onPollers ? .pollers : .concurrentPool)
    try await withShutdown(of: test.server) {
      var reports = test.reports.makeAsyncIterator()
      let unknown = await test.error(of: Self.unknown)
      Self.check(await reports.next(), of: unknown, .unknownMethod, Self.unknown)
      let missing = await test.error(of: TestServer.echo, messages: [])
      Self.check(await reports.next(), of: missing, .missingMessage, TestServer.echo)
      let unreadable = await test.error(of: Self.unreadable)
      Self.check(await reports.next(), of: unreadable, .undecodableRequest, Self.unreadable)
    }
  }

  // A server of its own: one that has answered a call may still count it.
  @Test("One beyond the limit is reported, of a known method and of an unknown one", arguments: [true, false])
  func tooManyCalls(onPollers: Bool) async throws {
    let arrived = Gate()
    let proceed = Gate()
    let test = try Reporting(
      onPollers ? .pollers : .concurrentPool,
      limit: 1,
      handler: {
        arrived.open()
        await proceed.pass()
      }
    )
    try await withShutdown(of: test.server) {
      var reports = test.reports.makeAsyncIterator()
      let call = Task { await test.error(of: TestServer.echo) }
      await arrived.pass()
      for method in [TestServer.echo, Self.unknown] {
        let error = await test.error(of: method)
        Self.check(await reports.next(), of: error, .tooManyCalls, method)
      }
      proceed.open()
      #expect(await call.value == nil)
    }
  }

  @Test("One that arrives when the server has ended its calls is reported")
  func late() async throws {
    let (reports, continuation) = AsyncStream.makeStream(of: RefusedCall.self)
    var configuration = Server.Configuration()
    configuration.onRefusedCall = { continuation.yield($0) }
    var router = RPCRouter()
    router.registerHandler(forMethod: TestServer.echo) { (request: ServerRequest<[UInt8]>, _) in
      ServerResponse(message: request.message)
    }
    let core = ServerCore(
      routes: router.routes(interceptors: []),
      configuration: configuration,
      arguments: configuration.arguments
    )
    try core.start()
    let channelConfiguration = Channel.Configuration()
    let channel = Channel(
      target: "in-process",
      handle: try core.connect(arguments: channelConfiguration.arguments, resumesOnPollers: true),
      configuration: channelConfiguration,
      interceptors: []
    )
    #expect(try await channel.echo([1]).message == [1])
    // As where C-core hands over a call while the server ends the others, which no test can bring about.
    core.state.withLock { $0.closingTime = Deadline(.now) }
    let error = await rpcError { try await channel.echo([2]) }
    #expect(error?.code == .unavailable)
    var iterator = reports.makeAsyncIterator()
    let report = await iterator.next()
    #expect(report?.reason == .serverShutdown)
    #expect(report?.path == TestServer.echo.path)
    #expect(report?.status == ServerCore.shutdownStatus)
    #expect(error?.message == report?.status.message)
    core.stop()
    await core.waitUntilStopped()
  }

  // Not with handlers on Swift's pool: its few threads are those of all tests, and one would be blocked.
  @Test("A closure that blocks holds up nothing, and what exceeds the queue is counted")
  func flood() async throws {
    let blocks = Gate()
    let unblock = DispatchSemaphore(value: 0)
    let isFirst = Counter()
    let test = try Reporting(
      .pollers,
      onReport: { _ in
        guard isFirst.add() == 1 else { return }
        blocks.open()
        unblock.wait()
      }
    )
    try await withShutdown(of: test.server) {
      #expect(await test.error(of: Self.unknown)?.code == .unimplemented)
      await blocks.pass()
      let flood = RefusalReporter.largestQueue + 100
      for _ in 0..<flood { #expect(await test.error(of: Self.unknown)?.code == .unimplemented) }
      #expect(await test.error(of: TestServer.echo) == nil)
      unblock.signal()
      var reports = test.reports.makeAsyncIterator()
      for _ in 0...RefusalReporter.largestQueue { #expect(await reports.next()?.droppedBefore == 0) }
      _ = await test.error(of: Self.unknown)
      #expect(await reports.next()?.droppedBefore == 100)
    }
  }
}
