import ProtobufC
import ProtobufCWellKnownTypes
import TestSupport
import Testing

@testable import CoreGRPC
@testable import CoreGRPCServices

/// Reports of a server's load, with calls and on streams of their own.
@Suite(.timeLimit(.minutes(1)))
struct BackendMetricsTests {
  private static let method = KindsOfCall.method(.unary)

  private static let metrics: BackendMetrics = {
    var metrics = BackendMetrics()
    metrics.cpuUtilization = 0.25
    metrics.memoryUtilization = 0.5
    metrics.applicationUtilization = 0.75
    metrics.queriesPerSecond = 100
    metrics.errorsPerSecond = 2
    metrics.requestCost = ["rows": 3]
    metrics.utilization = ["disk": 0.125]
    metrics.namedMetrics = ["queue": 7]
    return metrics
  }()

  @Test
  func `Metrics pass through metadata`() throws {
    var metadata: Metadata = ["x": "y"]
    #expect(metadata.backendMetrics == nil)
    metadata.backendMetrics = Self.metrics
    metadata.backendMetrics = Self.metrics
    #expect(metadata.backendMetrics == Self.metrics)
    #expect(metadata.count == 2)
    metadata.backendMetrics = nil
    #expect(metadata == ["x": "y"])
    metadata.addBinary([0xFF], forKey: BackendMetrics.metadataKey)
    #expect(metadata.backendMetrics == nil)
  }

  @Test
  func `The bytes are those of the specification`() {
    var metrics = BackendMetrics()
    metrics.cpuUtilization = 0.5
    metrics.queriesPerSecond = 1
    metrics.applicationUtilization = 2
    #expect(
      metrics.message.serializedBytes() == [
        0x09, 0, 0, 0, 0, 0, 0, 0xE0, 0x3F,  // 1: 0.5
        0x31, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F,  // 6: 1
        0x49, 0, 0, 0, 0, 0, 0, 0, 0x40,  // 9: 2
      ]
    )
  }

  @Test(arguments: [false, true])
  func `The interceptor reports with each call, and the handler's own metrics win`(isOwn: Bool) async throws {
    let recorder = BackendMetricsRecorder()
    recorder.update { $0 = Self.metrics }
    var expected = Self.metrics
    var metadata: Metadata = ["x": "y"]
    if isOwn {
      var own = BackendMetrics()
      own.cpuUtilization = 1
      own.requestCost = ["rows": 9, "joins": 1]
      metadata.backendMetrics = own
      expected.cpuUtilization = 1
      expected.requestCost = ["rows": 9, "joins": 1]
    }
    let handlers = metadata
    let response = try await BackendMetricsInterceptor(recorder).intercept(
      request: StreamingServerRequest<[UInt8]>(messages: RPCAsyncSequence([])),
      context: ServerContext(descriptor: Self.method)
    ) { _, _ in StreamingServerResponse<[UInt8]> { _ in handlers } }
    let trailers = try await response.producer(RPCWriter { _, _ in })
    #expect(trailers.backendMetrics == expected)
    #expect(trailers[stringValues: "x"] == ["y"])
  }

  @Test
  func `A report leaves the server with the status`() async throws {
    let recorder = BackendMetricsRecorder()
    recorder.update { $0 = Self.metrics }
    let server = Server(router: KindsOfCall.router(), interceptors: [BackendMetricsInterceptor(recorder)])
    let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    let request: [(String, String)] = [
      (":method", "POST"), (":scheme", "http"), (":path", "/test.Kinds/unary"), (":authority", "x"),
      ("te", "trailers"), ("content-type", "application/grpc"),
    ]
    let port = Int(try #require(address.port))
    // C-core keeps a report from the program of its clients.
    let frames = await RawClient.frames(
      fromPort: port,
      sending: HTTP2Frame.preface + HTTP2Frame.settings().bytes + HTTP2Frame.headers(request, stream: 1).bytes
        + HTTP2Frame.data([0, 0, 0, 0, 0], stream: 1, flags: HTTP2Frame.endsStream).bytes,
      until: { $0.kind == .headers && $0.flags & HTTP2Frame.endsStream != 0 }
    )
    let trailers = try #require(frames.last)
    #expect(String(decoding: trailers.payload, as: UTF8.self).contains(BackendMetrics.metadataKey))
    await server.shutdown(gracePeriod: .zero)
  }

  /// Calls a server's service, and passes its reports on until the stream ends.
  ///
  /// - Returns: The error that the stream ends with; `nil` if the function is content before.
  private func reports(
    of service: OpenRCAService,
    request: Xds_Service_Orca_V3_OrcaLoadReportRequest = .init(),
    _ isContent: @escaping @Sendable (Server, BackendMetrics) -> Bool
  ) async throws -> RPCError? {
    let server = Server(services: [service])
    let client = Xds_Service_Orca_V3_OpenRcaService.Client(channel: try server.makeInProcessChannel())
    let error = try await client.streamCoreMetrics(request: ClientRequest(message: request)) { response in
      do {
        for try await report in response.messages where isContent(server, BackendMetrics(report)) {
          return RPCError?.none
        }
        return RPCError(code: .dataLoss, message: "the stream ended by itself")
      } catch let error as RPCError {
        return error
      }
    }
    await server.shutdown(gracePeriod: .zero)
    return error
  }

  @Test
  func `The service reports at once, and again when the interval is over`() async throws {
    let recorder = BackendMetricsRecorder()
    let request = Xds_Service_Orca_V3_OrcaLoadReportRequest.with { $0.requestCostNames = ["joins"] }
    var expected = Self.metrics
    expected.requestCost = [:]
    let isFirst = Counter()
    let error = try await reports(of: OpenRCAService(recorder, minimumInterval: .zero), request: request) {
      [expected] _, metrics in
      if isFirst.add() == 1 {
        #expect(metrics == BackendMetrics())
        recorder.update { $0 = Self.metrics }
      }
      return metrics == expected
    }
    #expect(error == nil)
  }

  @Test(arguments: [0, 315_576_000_000] as [Int64])
  func `A shutdown ends the streams at once, whatever interval the client asks for`(seconds: Int64) async throws {
    let request = Xds_Service_Orca_V3_OrcaLoadReportRequest.with { $0.reportInterval = .init(seconds: seconds) }
    let error = try await reports(of: OpenRCAService(BackendMetricsRecorder()), request: request) { server, _ in
      server.beginGracefulShutdown()
      return false
    }
    #expect(error?.code == .unavailable)
  }

  @Test(arguments: [(-1, 0), (0, -1), (0, 1_000_000_000), (315_576_000_001, 0)] as [(Int64, Int32)])
  func `An interval that is none is refused`(seconds: Int64, nanos: Int32) async throws {
    let request = Xds_Service_Orca_V3_OrcaLoadReportRequest.with { request in
      request.reportInterval = .init(seconds: seconds, nanos: nanos)
    }
    let error = try await reports(of: OpenRCAService(BackendMetricsRecorder()), request: request) { _, _ in true }
    #expect(error?.code == .invalidArgument)
  }

  private static let hasWeights = EngineCapabilities.current.loadBalancingPolicies.contains("weighted_round_robin")

  @Test(.enabled(if: hasWeights), arguments: [false, true])
  func `Clients send fewer calls to the server that reports more load`(onStreams: Bool) async throws {
    let recorders = [BackendMetricsRecorder(), BackendMetricsRecorder()]
    let servers = recorders.enumerated().map { number, recorder in
      recorder.update {
        $0.queriesPerSecond = 100
        $0.cpuUtilization = number == 0 ? 0.9 : 0.1
      }
      var router = RPCRouter()
      router.registerHandler(forMethod: Self.method) { (_: ServerRequest<[UInt8]>, _) in
        ServerResponse(message: [UInt8(number)])
      }
      router.register(OpenRCAService(recorder, minimumInterval: .milliseconds(20)))
      return Server(router: router, interceptors: onStreams ? [] : [BackendMetricsInterceptor(recorder)])
    }
    let addresses = try servers.map { server in
      let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
      try server.start()
      return address.description
    }
    var policy = LoadBalancingConfig.WeightedRoundRobin()
    policy.blackoutPeriod = .zero
    policy.weightUpdatePeriod = .milliseconds(100)
    policy.enableOOBLoadReport = onStreams
    policy.oobReportingPeriod = .milliseconds(20)
    var configuration = Channel.Configuration()
    configuration.serviceConfig = ServiceConfig(loadBalancingConfig: [.weightedRoundRobin(policy)])
    let channel = try Channel(target: "ipv4:" + addresses.joined(separator: ","), configuration: configuration)
    var options = CallOptions(timeout: .seconds(30))
    options.waitForReady = true
    // Nine of ten calls, by the weights 111 and 1,000. Before the reports it is every other.
    var counts = [0, 0]
    while counts[1] < 15 {
      counts = [0, 0]
      for _ in 0..<20 {
        let request = ClientRequest<[UInt8]>(message: [])
        let response = try await channel.unary(request: request, descriptor: Self.method, options: options)
        counts[Int(response.message[0])] += 1
      }
    }
    for server in servers { await server.shutdown(gracePeriod: .zero) }
  }
}
