import CoreGRPCServices
import Glibc
import TestSupport
import Testing

@testable import CoreGRPC

/// Features that C-core 1.51 has if a variable of the environment asks for them, or not at all, and newer ones have.
///
/// Tests that set such a variable run in processes of their own, before C-core is in use.
@Suite(.timeLimit(.minutes(3)))
struct XDSExperimentTests {
  @Test
  func `A resource can come from the control plane of an authority`() async {
    await #expect(processExitsWith: .success) {
      setenv("GRPC_EXPERIMENTAL_XDS_FEDERATION", "true", 1)
      let (central, regional) = (try await ControlPlane(), try await ControlPlane())
      try await Numbered.withServers(2) { _, addresses in
        // The regional one has the listener and the routes. The names of its clusters are not those of an authority, so
        // the central one has them, and others than the regional one has.
        let name = "xdstp://region/envoy.config.listener.v3.Listener/greeter"
        func service(_ address: ListenAddress) -> String {
          #"{"services": {"\#(name)": {"clusters": {"c": {"localities": [\#(ControlPlane.locality([address]))]}}}}}"#
        }
        try await regional.set(service(addresses[0]))
        try await central.set(service(addresses[1]))
        var configuration = Channel.Configuration()
        configuration.xdsBootstrap = .json(
          """
          {"xds_servers": [\(central.serverText)], "node": {"id": "test"},
           "authorities": {"region": {"xds_servers": [\(regional.serverText)]}}}
          """
        )
        let channel = try Channel(target: "xds://region/greeter", configuration: configuration)
        #expect(try await channel.numbers(of: 5) == [1: 5])
        #expect(await regional.process.line(after: "ASK Listener ") == name)
        #expect(await central.process.line(after: "ASK Cluster ") == "c")

        let unknown = try Channel(target: "xds://nowhere/greeter", configuration: configuration)
        let error = await unknown.error(timeout: .seconds(60))
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("nowhere") == true, "\(error?.message ?? "no error")")
      }
    }
  }

  /// A cluster whose policy of the old form no client has, and whose policies of the new one all have.
  private static let cluster = """
    "policy": "MAGLEV", "policies": [{"envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality": {
      "endpointPickingPolicy": {"policies": [{"typedExtensionConfig": {"name": "rr", "typedConfig": {
        "@type": "type.googleapis.com/envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin"}}}]}}}],
    """

  @Test
  func `The policies of a cluster's new form come before that of its old form`() async {
    await #expect(processExitsWith: .success) {
      setenv("GRPC_EXPERIMENTAL_XDS_CUSTOM_LB_CONFIG", "true", 1)
      let plane = try await ControlPlane()
      try await Numbered.withServers(2) { _, addresses in
        try await plane.set(ControlPlane.service(addresses, cluster: Self.cluster))
        var configuration = Channel.Configuration()
        configuration.xdsBootstrap = plane.bootstrap()
        let channel = try Channel(target: "xds:///greeter", configuration: configuration)
        // The first calls may come before both are connected.
        while try await channel.numbers(of: 6) != [0: 3, 1: 3] {}
      }
    }
  }

  @Test(.enabled(if: EngineCapabilities.current.version.hasPrefix("29.")))
  func `Without the variable, gRPC 1 dot 51 refuses such a cluster`() async {
    await #expect(processExitsWith: .success) {
      let plane = try await ControlPlane()
      try await Numbered.withServers(1) { _, addresses in
        try await plane.set(ControlPlane.service(addresses, cluster: Self.cluster))
        var configuration = Channel.Configuration()
        configuration.xdsBootstrap = plane.bootstrap()
        let channel = try Channel(target: "xds:///greeter", configuration: configuration)
        let error = await channel.error(timeout: .seconds(60))
        #expect(error?.code == .unavailable)
        #expect(try await plane.refusal(of: .cluster).contains("LB policy is not supported"))
      }
    }
  }

  private static let hasWeights = EngineCapabilities.current.loadBalancingPolicies.contains("weighted_round_robin")

  @Test(.enabled(if: hasWeights))
  func `Fewer calls go to the server that reports more load`() async throws {
    let plane = try await ControlPlane()
    let servers = [0.9, 0.1].enumerated().map { number, utilization in
      let recorder = BackendMetricsRecorder()
      recorder.update {
        $0.queriesPerSecond = 100
        $0.cpuUtilization = utilization
      }
      let interceptor = BackendMetricsInterceptor(recorder)
      return Server(router: Numbered.router(UInt8(number)), interceptors: [interceptor])
    }
    let addresses = try servers.map { server in
      let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
      try server.start()
      return address
    }
    let package = "envoy.extensions.load_balancing_policies"
    let policy = """
      "policies": [{"\(package).wrr_locality.v3.WrrLocality": {
        "endpointPickingPolicy": {"policies": [{"typedExtensionConfig": {"name": "wrr", "typedConfig": {
          "@type": "type.googleapis.com/\(package).client_side_weighted_round_robin.v3.ClientSideWeightedRoundRobin",
          "blackoutPeriod": "0s", "weightUpdatePeriod": "0.1s"}}}]}}}],
      """
    try await plane.set(ControlPlane.service(addresses, cluster: policy))
    var configuration = Channel.Configuration()
    configuration.xdsBootstrap = plane.bootstrap()
    let channel = try Channel(target: "xds:///greeter", configuration: configuration)
    // Nine of ten calls, by the weights 111 and 1,000. Before the reports it is every other.
    while try await channel.numbers(of: 20)[1, default: 0] < 15 {}
    for server in servers { await server.shutdown(gracePeriod: .zero) }
  }
}
