import CoreGRPC
import CoreGRPCMetrics
import Metrics
import MetricsTestKit
import TestSupport
import Testing

private typealias Kind = MethodDescriptor.RPCType

@Suite("Metrics of calls", .timeLimit(.minutes(5)))
struct CallMetricsTests {
  private let metrics = TestMetrics()
  private let serverConfiguration: Server.Configuration
  private let channelConfiguration: Channel.Configuration

  init() {
    var server = Server.Configuration()
    server.callObservers = [ServerMetrics(conventions: [.grpc, .openTelemetry], factory: metrics)]
    serverConfiguration = server
    var channel = Channel.Configuration()
    channel.callObservers = [ClientMetrics(conventions: [.grpc, .openTelemetry], factory: metrics)]
    channelConfiguration = channel
  }

  private func name(_ kind: Kind) -> String { "test.Kinds/\(kind)" }

  /// Checks all instruments of a server after one call.
  private func checkServer(_ method: String, _ status: String, count: Int = 1) throws {
    #expect(try metrics.expectCounter("grpc.server.call.started", [("grpc.method", method)]).totalValue >= 1)
    let dimensions = [("grpc.method", method), ("grpc.status", status)]
    let duration = try metrics.expectTimer("grpc.server.call.duration", dimensions)
    #expect(duration.values.count == count)
    #expect(duration.values.allSatisfy { $0 > 0 })
    #expect(duration.displayUnit == .seconds)
    for label in ["sent", "rcvd"] {
      let size = try metrics.expectRecorder("grpc.server.call.\(label)_total_compressed_message_size", dimensions)
      #expect(size.values.count == count && size.aggregate)
    }
    #expect(try metrics.expectMeter("coregrpc.server.open_calls", [("grpc.method", method)]).lastValue == 0)
  }

  /// Checks all instruments of a channel after one call.
  private func checkClient(_ method: String, _ status: String, target: String, attempts: Int = 1) throws {
    let ofMethod = [("grpc.method", method), ("grpc.target", target)]
    let dimensions = ofMethod + [("grpc.status", status)]
    let duration = try metrics.expectTimer("grpc.client.call.duration", dimensions)
    #expect(duration.values.count == 1 && duration.displayUnit == .seconds)
    #expect(try metrics.expectCounter("grpc.client.attempt.started", ofMethod).totalValue == attempts)
    #expect(try metrics.expectTimer("grpc.client.attempt.duration", dimensions).values.count == attempts)
    #expect(try metrics.expectMeter("coregrpc.client.open_calls", ofMethod).lastValue == 0)
  }

  private func size(_ label: String, _ dimensions: [(String, String)]) throws -> Double? {
    try metrics.expectRecorder("\(label)_total_compressed_message_size", dimensions).values.first
  }

  /// Runs a server and a channel with the metrics, and returns the channel's target in full.
  @discardableResult
  private func run(
    _ router: RPCRouter = KindsOfCall.router(),
    server: Server.Configuration? = nil,
    clientInterceptors: [any ClientInterceptor] = [],
    _ test: (Server, Channel) async throws -> Void
  ) async throws -> String {
    try await KindsOfCall.run(
      router,
      server: server ?? serverConfiguration,
      channel: channelConfiguration,
      clientInterceptors: clientInterceptors
    ) { server, channel in
      try await test(server, channel)
      return "dns:///\(channel.target)"
    }
  }

  @Test("A call that succeeds", arguments: Kind.allCases)
  private func success(_ kind: Kind) async throws {
    let target = try await run { _, channel in try await channel.call(kind) }
    try checkServer(name(kind), "OK")
    try checkClient(name(kind), "OK", target: target)
    let ofServer = [("grpc.method", name(kind)), ("grpc.status", "OK")]
    #expect(try size("grpc.server.call.sent", ofServer) == 3)
    #expect(try size("grpc.server.call.rcvd", ofServer) == 2)
    let ofClient = ofServer + [("grpc.target", target)]
    #expect(try size("grpc.client.attempt.sent", ofClient) == 2)
    #expect(try size("grpc.client.attempt.rcvd", ofClient) == 3)
  }

  @Test("A call whose handler throws", arguments: Kind.allCases)
  private func failure(_ kind: Kind) async throws {
    let router = KindsOfCall.router { _ in throw RPCError(code: .notFound, message: "no such thing") }
    let target = try await run(router) { _, channel in
      #expect(await rpcError { try await channel.call(kind) }?.code == .notFound)
    }
    try checkServer(name(kind), "NOT_FOUND")
    try checkClient(name(kind), "NOT_FOUND", target: target)
  }

  @Test("A call whose deadline passes", arguments: Kind.allCases)
  private func deadline(_ kind: Kind) async throws {
    let target = try await run(KindsOfCall.router { _ in await waitForCancellation() }) { _, channel in
      var options = CallOptions.defaults
      // The call must arrive within it.
      options.timeout = .seconds(1)
      #expect(await rpcError { try await channel.call(kind, options: options) }?.code == .deadlineExceeded)
    }
    try checkServer(name(kind), "DEADLINE_EXCEEDED")
    try checkClient(name(kind), "DEADLINE_EXCEEDED", target: target)
  }

  @Test("A call that its client cancels", arguments: Kind.allCases)
  private func cancellation(_ kind: Kind) async throws {
    let began = Gate()
    let router = KindsOfCall.router { _ in
      began.open()
      await waitForCancellation()
    }
    let target = try await run(router) { _, channel in
      let call = Task { await rpcError { try await channel.call(kind) } }
      await began.pass()
      call.cancel()
      #expect(await call.value?.code == .cancelled)
    }
    try checkServer(name(kind), "CANCELLED")
    try checkClient(name(kind), "CANCELLED", target: target)
  }

  @Test("A call that a shutdown ends", arguments: Kind.allCases)
  private func shutdown(_ kind: Kind) async throws {
    let began = Gate()
    let router = KindsOfCall.router { _ in
      began.open()
      await waitForCancellation()
    }
    let target = try await run(router) { server, channel in
      let call = Task { await rpcError { try await channel.call(kind) } }
      await began.pass()
      await server.shutdown(gracePeriod: .zero)
      #expect(await call.value?.code == .unavailable)
    }
    try checkServer(name(kind), "UNAVAILABLE")
    try checkClient(name(kind), "UNAVAILABLE", target: target)
  }

  @Test("A stream that its client leaves early", arguments: [Kind.serverStreaming, .bidirectionalStreaming])
  private func earlyEnd(_ kind: Kind) async throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: KindsOfCall.method(kind)) { (_: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse<[UInt8]> { writer in
        while true { try await writer.write([1]) }
      }
    }
    let target = try await run(router) { _, channel in
      try await channel.bidirectionalStreaming(
        request: StreamingClientRequest(single: ClientRequest(message: [0])),
        descriptor: KindsOfCall.method(kind)
      ) { response in
        for try await _ in response.messages { break }
      }
    }
    try checkServer(name(kind), "CANCELLED")
    try checkClient(name(kind), "CANCELLED", target: target)
  }

  @Test("A call of a method that the server does not have")
  func unknownMethod() async throws {
    let target = try await run { _, channel in
      let error = await rpcError {
        try await channel.unary(request: ClientRequest(message: [0]), descriptor: KindsOfCall.unknown)
      }
      #expect(error?.code == .unimplemented)
    }
    try checkServer("other", "UNIMPLEMENTED")
    try checkClient("test.Kinds/Unknown", "UNIMPLEMENTED", target: target)
    let dimensions = [("grpc.method", "other"), ("coregrpc.reason", "unknown_method")]
    #expect(try metrics.expectCounter("coregrpc.server.refused_calls", dimensions).totalValue == 1)
  }

  @Test("A call that a full server refuses")
  func refusal() async throws {
    var server = serverConfiguration
    server.maxConcurrentCalls = 1
    let began = Gate(), proceed = Gate()
    let router = KindsOfCall.router { _ in
      began.open()
      await proceed.pass()
    }
    try await run(router, server: server) { _, channel in
      let first = Task { await rpcError { try await channel.call(.unary) } }
      await began.pass()
      #expect(await rpcError { try await channel.call(.bidirectionalStreaming) }?.code == .resourceExhausted)
      proceed.open()
      #expect(await first.value == nil)
    }
    try checkServer(name(.unary), "OK")
    try checkServer(name(.bidirectionalStreaming), "RESOURCE_EXHAUSTED")
    let dimensions = [("grpc.method", name(.bidirectionalStreaming)), ("coregrpc.reason", "too_many_calls")]
    #expect(try metrics.expectCounter("coregrpc.server.refused_calls", dimensions).totalValue == 1)
  }

  @Test("A call of a method that is not generated has no name on a client")
  func otherMethod() async throws {
    let target = try await run { _, channel in
      var method = KindsOfCall.method(.unary)
      method.type = nil
      _ = try await channel.unary(request: ClientRequest(message: [0]), descriptor: method)
    }
    try checkServer(name(.unary), "OK")
    try checkClient("other", "OK", target: target)
  }

  @Test("A call on a closed channel has no attempt", arguments: Kind.allCases)
  private func closedChannel(_ kind: Kind) async throws {
    let target = try await run { _, channel in
      channel.close()
      #expect(await rpcError { try await channel.call(kind) }?.code == .unavailable)
    }
    let dimensions = [("grpc.method", name(kind)), ("grpc.target", target), ("grpc.status", "UNAVAILABLE")]
    #expect(try metrics.expectTimer("grpc.client.call.duration", dimensions).values.count == 1)
    #expect(metrics.timers.filter { $0.label == "grpc.client.attempt.duration" }.allSatisfy { $0.values.isEmpty })
  }

  @Test("Attempts are not measured where an interceptor makes several")
  func retriedByInterceptor() async throws {
    let calls = Counter()
    let router = KindsOfCall.router { _ in
      if calls.add() == 1 { throw RPCError(code: .unavailable, message: "not now") }
    }
    let target = try await run(router, clientInterceptors: [SecondAttempt()]) { _, channel in
      try await channel.call(.unary)
    }
    let dimensions = [("grpc.method", name(.unary)), ("grpc.target", target), ("grpc.status", "OK")]
    #expect(try metrics.expectTimer("grpc.client.call.duration", dimensions).values.count == 1)
    #expect(try metrics.expectTimer("grpc.client.attempt.duration", dimensions).values.isEmpty)
    try checkServer(name(.unary), "OK")
    try checkServer(name(.unary), "UNAVAILABLE")
  }

  @Test("OpenTelemetry's names")
  func openTelemetry() async throws {
    let router = KindsOfCall.router { _ in throw RPCError(code: .notFound, message: "no such thing") }
    let target = try await run(router) { _, channel in
      _ = await rpcError { try await channel.call(.unary) }
      _ = await rpcError {
        try await channel.unary(request: ClientRequest(message: [0]), descriptor: KindsOfCall.unknown)
      }
    }
    let port = String(target.split(separator: ":").last ?? "")
    func dimensions(_ method: String, _ status: String) -> [(String, String)] {
      [("rpc.system.name", "grpc"), ("rpc.method", method), ("rpc.status_code", status)]
    }
    // NOT_FOUND is the client's mistake.
    let known = dimensions("test.Kinds/unary", "NOT_FOUND")
    #expect(try metrics.expectTimer("rpc.server.call.duration", known).values.count == 1)
    let unknown = dimensions("_OTHER", "UNIMPLEMENTED") + [("error.type", "UNIMPLEMENTED")]
    #expect(try metrics.expectTimer("rpc.server.call.duration", unknown).values.count == 1)
    let address = [("server.address", "127.0.0.1"), ("server.port", port), ("error.type", "NOT_FOUND")]
    #expect(try metrics.expectTimer("rpc.client.call.duration", known + address).values.count == 1)
  }

  @Test("Each convention has its own instruments")
  func conventions() async throws {
    for conventions in [MetricConventions.grpc, .openTelemetry] {
      let metrics = TestMetrics()
      var configuration = Server.Configuration()
      configuration.callObservers = [ServerMetrics(conventions: conventions, factory: metrics)]
      try await KindsOfCall.run(server: configuration) { _, channel in try await channel.call(.unary) }
      let labels = Set(metrics.timers.map(\.label))
      #expect(labels == [conventions == .grpc ? "grpc.server.call.duration" : "rpc.server.call.duration"])
    }
  }

  @Test("Histograms have bounds")
  func bounds() async throws {
    try await run { _, channel in try await channel.call(.unary) }
    for label in metrics.timers.map(\.label) + metrics.recorders.map(\.label) {
      let bounds = try #require(HistogramBounds.bounds(forInstrument: label), "\(label)")
      #expect(bounds == bounds.sorted() && Set(bounds).count == bounds.count)
    }
    #expect(HistogramBounds.durations.count == 41 && HistogramBounds.sizes.count == 14)
    #expect(HistogramBounds.bounds(forInstrument: "coregrpc.server.open_calls") == nil)
  }
}
