import CoreGRPC
import CoreGRPCLogging
import Dispatch
import InMemoryLogging
import Logging
import TestSupport
import Testing

@Suite("The access log", .timeLimit(.minutes(5)))
struct AccessLogTests {
  private typealias Entry = InMemoryLogHandler.Entry

  /// Runs calls of a server with an access log, and returns the log's entries.
  private func entries(
    _ router: RPCRouter = KindsOfCall.router(),
    level: Logger.Level = .info,
    logLevel: Logger.Level = .info,
    metadataKeys: Set<String> = [],
    maxConcurrentCalls: Int = 100,
    _ calls: (Server, Channel) async throws -> Void
  ) async throws -> [Entry] {
    let handler = InMemoryLogHandler()
    var logger = Logger(label: "access") { _ in handler }
    logger.logLevel = logLevel
    let accessLog = AccessLog(to: logger, level: level, metadataKeys: metadataKeys)
    var configuration = Server.Configuration()
    configuration.callObservers = [accessLog]
    configuration.maxConcurrentCalls = maxConcurrentCalls
    try await KindsOfCall.run(router, server: configuration, calls)
    await accessLog.flush()
    return handler.entries
  }

  @Test("A call has one entry, of all kinds", arguments: MethodDescriptor.RPCType.allCases)
  func success(kind: MethodDescriptor.RPCType) async throws {
    let entries = try await entries { _, channel in try await channel.call(kind) }
    let entry = try #require(entries.first)
    #expect(entries.count == 1)
    #expect(entry.level == .info)
    #expect("\(entry.message)" == "test.Kinds/\(kind) OK")
    #expect(entry.metadata["grpc.method"] == "test.Kinds/\(kind)")
    #expect(entry.metadata["grpc.status"] == "OK")
    #expect("\(entry.metadata["grpc.peer"] ?? "")".hasPrefix("ipv4:127.0.0.1:"))
    let duration = try #require(Double("\(entry.metadata["grpc.duration"] ?? "")"))
    #expect(duration > 0 && duration < 60)
    #expect(entry.metadata["grpc.sent_bytes"] == "3" && entry.metadata["grpc.received_bytes"] == "2")
    #expect(entry.metadata["grpc.sent_messages"] == (kind.isResponseStreaming ? "2" : "1"))
    #expect(entry.metadata["grpc.received_messages"] == (kind.isRequestStreaming ? "2" : "1"))
    #expect(entry.metadata["grpc.refusal"] == nil)
    #expect(entry.metadata.count == 8)
  }

  @Test("Calls that fail, are cancelled or refused have entries")
  func failures() async throws {
    let began = Gate()
    let router = KindsOfCall.router { context in
      switch context.descriptor.type {
      case .unary:
        began.open()
        await waitForCancellation()
      case .clientStreaming: throw RPCError(code: .aborted, message: "secret")
      default: break
      }
    }
    let entries = try await entries(router, maxConcurrentCalls: 1) { _, channel in
      let unary = Task { await rpcError { try await channel.call(.unary) } }
      await began.pass()
      #expect(await rpcError { try await channel.call(.serverStreaming) }?.code == .resourceExhausted)
      unary.cancel()
      #expect(await unary.value?.code == .cancelled)
    }
    let messages = Set(entries.map { "\($0.message)" })
    #expect(messages == ["test.Kinds/unary CANCELLED", "test.Kinds/serverStreaming RESOURCE_EXHAUSTED"])
    #expect(entries.first { $0.metadata["grpc.refusal"] != nil }?.metadata["grpc.refusal"] == "too many calls")
    let others = try await self.entries(router) { _, channel in
      #expect(await rpcError { try await channel.call(.clientStreaming) }?.code == .aborted)
      let name = "A\nB" + String(repeating: "c", count: 300)
      let method = MethodDescriptor(fullyQualifiedService: "test.Kinds", method: name)
      let request = ClientRequest<[UInt8]>(message: [])
      #expect(await rpcError { try await channel.unary(request: request, descriptor: method) }?.code == .unimplemented)
    }
    #expect(others.map { "\($0.message)" }.first == "test.Kinds/clientStreaming ABORTED")
    #expect(!others.contains { "\($0)".contains("secret") })
    let unknown = try #require(others.last)
    #expect(unknown.metadata["grpc.refusal"] == "unknown method")
    #expect("\(unknown.metadata["grpc.method"] ?? "")".count == 200)
    #expect("\(unknown.message)".hasPrefix("test.Kinds/A?Bccc"))
  }

  @Test("Metadata is logged by its key only")
  func metadata() async throws {
    let entries = try await entries(metadataKeys: ["X-Tenant", "trace-bin"]) { _, channel in
      let metadata: Metadata = ["x-tenant": "a", "x-tenant": "b", "authorization": "hunter2", "trace-bin": [1, 2, 3]]
      let request = ClientRequest<[UInt8]>(message: [], metadata: metadata)
      _ = try await channel.unary(request: request, descriptor: KindsOfCall.method(.unary))
    }
    let entry = try #require(entries.first)
    #expect(entry.metadata["grpc.request.metadata.x-tenant"] == ["a", "b"])
    #expect(entry.metadata["grpc.request.metadata.trace-bin"] == ["AQID"])
    #expect(!"\(entry)".contains("hunter2"))
  }

  @Test("A logger of a higher level gets nothing")
  func level() async throws {
    let none = try await entries(level: .debug, logLevel: .info) { _, channel in try await channel.call(.unary) }
    #expect(none.isEmpty)
    let one = try await entries(level: .debug, logLevel: .trace) { _, channel in try await channel.call(.unary) }
    #expect(one.map(\.level) == [.debug])
  }

  @Test("A logger that blocks holds up no call, and what exceeds the queue is counted")
  func overflow() async throws {
    let handler = InMemoryLogHandler()
    let blocks = Gate(), unblock = DispatchSemaphore(value: 0)
    let logger = Logger(label: "access") { _ in BlockingHandler(handler: handler, blocks: blocks, unblock: unblock) }
    let accessLog = AccessLog(to: logger, maxWaitingEntries: 3)
    let call = { accessLog.callEnded(EndedServerCall(method: KindsOfCall.method(.unary))) }
    call()
    await blocks.pass()
    for _ in 0..<5 { call() }
    unblock.signal()
    await accessLog.flush()
    #expect(handler.entries.filter { $0.level == .info }.count == 4)
    let warning = try #require(handler.entries.first { $0.level == .warning })
    #expect(warning.metadata["grpc.dropped"] == "2")
  }
}

/// A handler whose first entry waits for the test.
private struct BlockingHandler: LogHandler {
  var handler: InMemoryLogHandler
  let blocks: Gate
  let unblock: DispatchSemaphore
  private let isFirst = TestSupport.Counter()

  init(handler: InMemoryLogHandler, blocks: Gate, unblock: DispatchSemaphore) {
    self.handler = handler
    self.blocks = blocks
    self.unblock = unblock
  }

  var logLevel: Logger.Level {
    get { handler.logLevel }
    set { handler.logLevel = newValue }
  }

  var metadata: Logger.Metadata {
    get { handler.metadata }
    set { handler.metadata = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { handler[metadataKey: key] }
    set { handler[metadataKey: key] = newValue }
  }

  func log(event: LogEvent) {
    if isFirst.add() == 1 {
      blocks.open()
      unblock.wait()
    }
    handler.log(event: event)
  }
}
