import Testing

@testable import CoreGRPC

@Suite("Limits of the engine")
struct EngineCapabilityTests {
  private let old = EngineCapabilities(version: "29.0.0", logsThroughAbseil: false)
  private let new = EngineCapabilities(version: "58.0.0", logsThroughAbseil: true)

  private func retries(
    _ configuration: Channel.Configuration,
    with capabilities: EngineCapabilities
  ) throws -> ChannelArgument? {
    var arguments = configuration.arguments
    try arguments.adapt(to: capabilities)
    return arguments["grpc.enable_retries"]
  }

  @Test("If a missing status ends the process, only a retry policy turns retries on")
  func retriesByDefault() throws {
    var configuration = Channel.Configuration()
    #expect(try retries(configuration, with: old) == 0)
    #expect(try retries(configuration, with: new) == 1)
    configuration.serviceConfig = ServiceConfig(methodConfig: [MethodConfig(names: [.all], timeout: .seconds(1))])
    #expect(try retries(configuration, with: old) == 0)
    let policy = RetryPolicy(maxAttempts: 2, initialBackoff: .seconds(1), retryableStatusCodes: [.unavailable])
    configuration.serviceConfig = ServiceConfig(methodConfig: [MethodConfig(names: [.all], retryPolicy: policy)])
    #expect(try retries(configuration, with: old) == 1)
    configuration.serviceConfig = ServiceConfig(json: #"{"methodConfig":[{"name":[{}],"retry\u0050olicy":{}}]}"#)
    #expect(try retries(configuration, with: old) == 1)
  }

  @Test("Retries are on when a channel asks for them, and off when it does not want them")
  func retriesByChoice() throws {
    var configuration = Channel.Configuration()
    configuration.allowsRetries = true
    #expect(try retries(configuration, with: old) == 1)
    configuration.allowsRetries = false
    #expect(try retries(configuration, with: new) == 0)
    configuration.additionalArguments = ["grpc.enable_retries": true]
    #expect(try retries(configuration, with: old) == 1)
  }

  static let ringHashes = [
    #"{"loadBalancingConfig":[{"ring_hash_experimental":{}}]}"#,
    #"{"loadBalancingConfig":[{"ring\u005fhash\u005Fexperimental":{}}]}"#,
    #"{"loadBalancingConfig":[{"x\\":{}},{"ring_hash_experimental":{}}]}"#,
    #"{"loadBalancingConfig":[{"priority_experimental":{"children":{"a":{"config":[{"ring_hash_experimental":{}}]}}}}]}"#,
    #"{"loadBalancingPolicy":"RING_hash_EXPERIMENTAL"}"#,
  ]

  @Test("A service config with ring_hash makes no channel, where that policy ends the process", arguments: ringHashes)
  func ringHash(json: String) throws {
    var arguments = Channel.Configuration().arguments
    arguments.set(["grpc.service_config": .string(json)])
    #expect(throws: RuntimeError.self) { try arguments.adapt(to: old) }
    try arguments.adapt(to: new)
  }

  @Test("Every way to name ring_hash is refused with a sentence", .enabled(if: !EngineCapabilities.current.hasRingHash))
  func ringHashChannels() throws {
    var configurations = [Channel.Configuration](repeating: Channel.Configuration(), count: 4)
    configurations[0].serviceConfig = ServiceConfig(loadBalancingConfig: [.custom("ring_hash_experimental")])
    configurations[1].serviceConfig = ServiceConfig(json: Self.ringHashes[1])
    configurations[2].additionalArguments = ["grpc.service_config": .string(Self.ringHashes[3])]
    configurations[3].additionalArguments = ["grpc.lb_policy_name": "ring_hash_experimental"]
    for configuration in configurations {
      let error = #expect(throws: RuntimeError.self) {
        try Channel(target: "127.0.0.1:1", configuration: configuration)
      }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains("ring_hash_experimental ends the process") == true)
    }
  }

  @Test("A name that is not the policy's is left alone")
  func others() throws {
    var configuration = Channel.Configuration()
    configuration.serviceConfig = ServiceConfig(
      json: #"{"healthCheckConfig":{"serviceName":"a \"ring_hash_experimental\" b"}}"#
    )
    _ = try Channel(target: "127.0.0.1:1", configuration: configuration)
  }

  @Test("Versions that cannot be read count as old")
  func versions() {
    for version in ["", "x.y", "x.30"] {
      let capabilities = EngineCapabilities(version: version, logsThroughAbseil: false)
      #expect(capabilities.version == version)
      #expect(!capabilities.hasRingHash)
      #expect(!capabilities.retriesSurviveMissingStatus)
    }
    #expect(EngineCapabilities(version: "30.1.0", logsThroughAbseil: false).hasRingHash)
    #expect(!EngineCapabilities(version: "41.0.0", logsThroughAbseil: false).retriesSurviveMissingStatus)
    #expect(EngineCapabilities(version: "41.0.0+patched", logsThroughAbseil: false).retriesSurviveMissingStatus)
    #expect(EngineCapabilities(version: "41.0.0", logsThroughAbseil: false).makesImmediateRetries)
    #expect(!new.makesImmediateRetries)
    #expect(EngineCapabilities(version: "58.0.0+patched", logsThroughAbseil: true).makesImmediateRetries)
  }

  @Test("The engine says its version and its file")
  func current() {
    let engine = EngineCapabilities.current
    let parts = engine.version.prefix { $0 != "+" }.split(separator: ".")
    #expect(parts.count == 3 && parts.allSatisfy { Int($0) != nil })
    #expect(EngineCapabilities.file.contains("libgrpc"))
    #expect(CoreGRPCVersion.engine == "gRPC C-core \(engine.version) (\(EngineCapabilities.file))")
  }
}
