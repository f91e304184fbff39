import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

/// Load-balancing policies, over real servers.
@Suite(.timeLimit(.minutes(2)))
struct LoadBalancingTests {
  private static let method = MethodDescriptor(fullyQualifiedService: "test.Balanced", method: "Number", type: .unary)

  /// Whether a server's calls fail.
  private final class Failing: Sendable {
    let value = Locked(false)
  }

  /// A server that answers its number, or fails.
  private final class Numbered: Sendable {
    let server: Server
    let address: ListenAddress
    let fails = Failing()

    init(_ number: UInt8) throws {
      var router = RPCRouter()
      let fails = fails
      router.registerHandler(forMethod: LoadBalancingTests.method) { (_: ServerRequest<[UInt8]>, _) in
        if fails.value.withLock({ $0 }) { throw RPCError(code: .unavailable, message: "ill") }
        return ServerResponse(message: [number])
      }
      server = Server(router: router)
      address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
      try server.start()
    }
  }

  private func withServers(
    _ count: Int,
    _ policies: [LoadBalancingConfig],
    _ body: ([Numbered], Channel) async throws -> Void
  ) async throws {
    let servers = try (0..<count).map { try Numbered(UInt8($0)) }
    var configuration = Channel.Configuration()
    configuration.serviceConfig = ServiceConfig(loadBalancingConfig: policies)
    configuration.usesLocalSubchannelPool = true
    let target = "ipv4:" + servers.map(\.address.description).joined(separator: ",")
    try await body(servers, try Channel(target: target, configuration: configuration))
    for server in servers { await server.server.shutdown(gracePeriod: .zero) }
  }

  private func number(_ channel: Channel, metadata: Metadata = [:]) async throws(RPCError) -> UInt8 {
    var options = CallOptions(timeout: .seconds(30))
    options.waitForReady = true
    let request = ClientRequest<[UInt8]>(message: [], metadata: metadata)
    return try await channel.unary(request: request, descriptor: Self.method, options: options).message[0]
  }

  private func numbers(_ channel: Channel, calls: Int) async throws(RPCError) -> [UInt8: Int] {
    var counts: [UInt8: Int] = [:]
    for _ in 0..<calls { counts[try await number(channel), default: 0] += 1 }
    return counts
  }

  @Test
  func `pick_first sends all calls to one address`() async throws {
    try await withServers(3, [.pickFirst]) { _, channel in
      let counts = try await numbers(channel, calls: 30)
      #expect(counts == [0: 30])
    }
  }

  @Test(.enabled(if: EngineCapabilities.current.shufflesAddresses))
  func `pick_first with shuffled addresses chooses any of them`() async throws {
    var chosen: Set<UInt8> = []
    for _ in 0..<64 where chosen.count < 2 {
      try await withServers(2, [.pickFirst(shuffleAddressList: true)]) { _, channel in
        chosen.insert(try await number(channel))
      }
    }
    #expect(chosen == [0, 1])
  }

  @Test
  func `round_robin sends calls to all addresses in turn`() async throws {
    try await withServers(3, [.roundRobin]) { _, channel in
      // The first calls may come before all three are connected.
      while try await numbers(channel, calls: 6) != [0: 2, 1: 2, 2: 2] {}
    }
  }

  @Test(arguments: [true, false])
  func `outlier_detection sends no calls to an address whose calls fail, and tries it again later`(
    byThreshold: Bool
  ) async throws {
    var settings = LoadBalancingConfig.OutlierDetection()
    if byThreshold {
      var ejection = LoadBalancingConfig.OutlierDetection.FailurePercentageEjection()
      ejection.threshold = 50
      (ejection.minimumHosts, ejection.requestVolume) = (3, 5)
      settings.failurePercentageEjection = ejection
    } else {
      var ejection = LoadBalancingConfig.OutlierDetection.SuccessRateEjection()
      // With three addresses, one of which always fails, that is at a distance of 1.41 standard deviations.
      ejection.stdevFactor = 1_000
      (ejection.minimumHosts, ejection.requestVolume) = (3, 5)
      settings.successRateEjection = ejection
    }
    settings.interval = .milliseconds(200)
    settings.baseEjectionTime = .seconds(1)
    try await withServers(3, [.outlierDetection(settings)]) { servers, channel in
      while try await numbers(channel, calls: 6) != [0: 2, 1: 2, 2: 2] {}
      servers[2].fails.value.withLock { $0 = true }
      // 30 calls in a row without a failure: two in three would fail otherwise.
      var successes = 0
      while successes < 30 {
        do throws(RPCError) {
          _ = try await number(channel)
          successes += 1
        } catch {
          #expect(error.code == .unavailable)
          successes = 0
        }
      }
      servers[2].fails.value.withLock { $0 = false }
      while try await number(channel) != 2 {}
    }
  }

  @Test(.enabled(if: EngineCapabilities.current.hashesNamedHeader))
  func `ring_hash sends calls with the same header to the same address`() async throws {
    try await withServers(3, [.ringHash(.init(requestHashHeader: "user"))]) { _, channel in
      var chosen: Set<UInt8> = []
      for user in 0..<32 {
        let first = try await number(channel, metadata: ["user": "\(user)"])
        for _ in 0..<3 {
          let next = try await number(channel, metadata: ["user": "\(user)"])
          #expect(next == first)
        }
        chosen.insert(first)
      }
      #expect(chosen.count > 1)
    }
  }

  @Test(.enabled(if: EngineCapabilities.current.loadBalancingPolicies.contains("weighted_round_robin")))
  func `weighted_round_robin without reports is round_robin`() async throws {
    try await withServers(3, [.weightedRoundRobin()]) { _, channel in
      while try await numbers(channel, calls: 6) != [0: 2, 1: 2, 2: 2] {}
    }
  }

  private static let old = EngineCapabilities(version: "29.0.0", logsThroughAbseil: false)
  private static let middle = EngineCapabilities(version: "41.0.0", logsThroughAbseil: false)
  private static let new = EngineCapabilities(
    version: "58.0.0",
    logsThroughAbseil: true,
    hashesNamedHeader: "True"
  )

  private func problem(_ policies: [LoadBalancingConfig], _ engine: EngineCapabilities) -> String? {
    var configuration = Channel.Configuration()
    configuration.serviceConfig = ServiceConfig(loadBalancingConfig: policies)
    var arguments = configuration.arguments
    do throws(RuntimeError) {
      try arguments.adapt(to: engine)
      return nil
    } catch {
      #expect(error.code == .invalidArgument)
      return error.message
    }
  }

  @Test
  func `A policy that the engine lacks makes no channel, unless one follows that it has`() throws {
    let invented = LoadBalancingConfig.custom("least_request_experimental")
    for engine in [Self.old, Self.middle, Self.new] {
      let found = try #require(problem([invented], engine))
      #expect(found.contains("least_request_experimental") && found.contains(engine.version), "\(found)")
      #expect(found.contains("round_robin"))
      #expect(problem([invented, .roundRobin], engine) == nil)
      #expect(problem([], engine) == nil)
    }
    #expect(problem([.weightedRoundRobin()], Self.old) != nil)
    #expect(problem([.weightedRoundRobin(), .roundRobin], Self.old) == nil)
    #expect(problem([.weightedRoundRobin()], Self.middle) == nil)
    #expect(problem([.pickFirst(shuffleAddressList: true)], Self.old)?.contains("shuffleAddressList") == true)
    #expect(problem([.pickFirst(shuffleAddressList: true)], Self.middle) == nil)
    #expect(problem([.ringHash(.init(requestHashHeader: "x"))], Self.old)?.contains("ends the process") == true)
    #expect(problem([.ringHash(.init(requestHashHeader: "x"))], Self.middle)?.contains("requestHashHeader") == true)
    #expect(problem([.ringHash(.init(requestHashHeader: "x"))], Self.new) == nil)
    let withoutVariable = EngineCapabilities(version: "58.0.0", logsThroughAbseil: true)
    #expect(
      problem([.ringHash(.init(requestHashHeader: "x"))], withoutVariable)?
        .contains("GRPC_EXPERIMENTAL_RING_HASH_SET_REQUEST_HASH_KEY") == true
    )
    #expect(problem([.custom("xds_cluster_impl_experimental")], Self.new) != nil)
    let targets = #"{"targets": {"a": {"childPolicy": [{"xds_wrr_locality_experimental": {}}]}}}"#
    #expect(problem([.custom("weighted_target_experimental", json: targets)], Self.new)?.contains(".a.") == true)
    let children = #"{"children": {"a": {"config": [{"invented": {}}]}}, "priorities": ["a"]}"#
    #expect(problem([.custom("priority_experimental", json: children)], Self.new)?.contains("invented") == true)
    var nested = LoadBalancingConfig.OutlierDetection()
    nested.childPolicy = [invented]
    let found = try #require(problem([.outlierDetection(nested)], Self.new))
    #expect(found.contains("outlier_detection_experimental.childPolicy"), "\(found)")
  }

  @Test
  func `Policies are the same when they are read again`() throws {
    let detection = LoadBalancingConfig.OutlierDetection(
      successRateEjection: .init(),
      failurePercentageEjection: .init()
    )
    let policies: [LoadBalancingConfig] = [
      .pickFirst, .pickFirst(shuffleAddressList: true), .roundRobin, .weightedRoundRobin(),
      .ringHash(.init(requestHashHeader: "x")), .outlierDetection(detection),
    ]
    let json = try ServiceConfig(loadBalancingConfig: policies).json
    #expect(ServiceConfig(json: json).loadBalancingConfig == policies)
    #expect(Set(policies.map(\.json)).count == 5)
  }

  @Test
  func `Settings out of their range are errors that name them`() throws {
    func message(_ policy: LoadBalancingConfig) -> String? {
      do throws(RuntimeError) {
        _ = try ServiceConfig(loadBalancingConfig: [policy]).json
        return nil
      } catch {
        return error.message
      }
    }
    var detection = LoadBalancingConfig.OutlierDetection()
    detection.maxEjectionPercent = 101
    #expect(message(.outlierDetection(detection))?.contains("maxEjectionPercent must be between 0 and 100") == true)
    detection = LoadBalancingConfig.OutlierDetection()
    detection.interval = .zero
    #expect(message(.outlierDetection(detection))?.contains("interval must be positive") == true)
    detection = LoadBalancingConfig.OutlierDetection()
    detection.childPolicy = []
    #expect(message(.outlierDetection(detection))?.contains("childPolicy must not be empty") == true)
    #expect(message(.ringHash(.init(requestHashHeader: "X-BIN")))?.contains("binary") == true)
    #expect(message(.ringHash(.init(requestHashHeader: "")))?.contains("requestHashHeader must not be empty") == true)
    #expect(
      message(.ringHash(.init(requestHashHeader: "x", minRingSize: 9, maxRingSize: 8)))?.contains("maxRing") == true
    )
    var weighted = LoadBalancingConfig.WeightedRoundRobin()
    weighted.errorUtilizationPenalty = -1
    #expect(message(.weightedRoundRobin(weighted))?.contains("errorUtilizationPenalty") == true)
    weighted = LoadBalancingConfig.WeightedRoundRobin()
    weighted.blackoutPeriod = .zero
    #expect(message(.weightedRoundRobin(weighted)) == nil)
  }
}
