import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

/// Channels whose addresses, routes and load balancing come from a control plane.
@Suite(.timeLimit(.minutes(3)))
struct XDSClientTests {
  private func channel(
    _ plane: ControlPlane,
    target: String = "xds:///greeter",
    credentials: ChannelCredentials = .insecure,
    certificates: TestCertificates? = nil,
    retries: Bool? = nil
  ) throws -> Channel {
    var configuration = Channel.Configuration()
    configuration.xdsBootstrap = plane.bootstrap(certificates: certificates)
    configuration.allowsRetries = retries
    return try Channel(target: target, credentials: credentials, configuration: configuration)
  }

  @Test
  func `An aggregate of clusters sends calls to the first that can be reached`() async throws {
    let plane = try await ControlPlane()
    try await Numbered.withServers(2) { servers, addresses in
      let parts = addresses.enumerated().map { number, address in
        #""part\#(number)": {"weight": 0, "localities": [\#(ControlPlane.locality([address]))]}"#
      }
      let clusters = #""all": {"aggregate": ["part0", "part1"]}, \#(parts.joined(separator: ", "))"#
      try await plane.set(#"{"services": {"greeter": {"clusters": {\#(clusters)}}}}"#)
      let channel = try channel(plane)
      #expect(try await channel.numbers(of: 5) == [0: 5])
      await servers[0].shutdown(gracePeriod: .zero)
      // A call on its way to the old server may still fail.
      while await channel.error(waitsForReady: true) != nil {}
      #expect(try await channel.numbers(of: 5) == [1: 5])
    }
  }

  @Test
  func `A cluster can have a name that DNS resolves`() async throws {
    let plane = try await ControlPlane()
    try await Numbered.withServers(1) { _, addresses in
      let port = try #require(addresses[0].port)
      let cluster = #""c": {"dns": ["localhost", \#(port)]}"#
      try await plane.set(#"{"services": {"greeter": {"clusters": {\#(cluster)}}}}"#)
      #expect(try await (try channel(plane)).numbers(of: 5) == [0: 5])
    }
  }

  @Test
  func `Calls go to all endpoints, and to new ones once the control plane names them`() async throws {
    let plane = try await ControlPlane()
    try await Numbered.withServers(4) { _, addresses in
      try await plane.set(ControlPlane.service(Array(addresses[..<3])))
      let channel = try channel(plane)
      // The first calls may come before all three are connected.
      while try await channel.numbers(of: 6) != [0: 2, 1: 2, 2: 2] {}

      try await plane.set(ControlPlane.service([addresses[3]]))
      while try await channel.number() != 3 {}
      #expect(try await channel.numbers(of: 5) == [3: 5])
    }
  }

  @Test
  func `Clusters share calls by weight, and a route chooses one by path`() async throws {
    let plane = try await ControlPlane()
    try await Numbered.withServers(2) { _, addresses in
      try await plane.set(
        """
        {"services": {"greeter": {
          "routes": [{"path": "\(Numbered.otherPath)", "cluster": "b"}],
          "clusters": {
            "a": {"weight": 75, "localities": [\(ControlPlane.locality([addresses[0]]))]},
            "b": {"weight": 25, "localities": [\(ControlPlane.locality([addresses[1]]))]}}}}}
        """
      )
      let channel = try channel(plane)
      let counts = try await channel.numbers(of: 400)
      // With 400 calls the standard deviation is 8.7.
      #expect((250...350).contains(counts[0] ?? 0), "\(counts)")
      for _ in 0..<10 { #expect(try await channel.number(Numbered.other) == 1) }
    }
  }

  @Test
  func `Calls go to the next priority where no endpoint of the first can be reached`() async throws {
    let plane = try await ControlPlane()
    try await Numbered.withServers(2) { servers, addresses in
      let localities = addresses.enumerated().map { ControlPlane.locality([$1], priority: $0) }
      try await plane.set(
        """
        {"services": {"greeter": {"clusters": {"c": {"localities": [\(localities.joined(separator: ", "))]}}}}}
        """
      )
      let channel = try channel(plane)
      #expect(try await channel.numbers(of: 5) == [0: 5])
      await servers[0].shutdown(gracePeriod: .zero)
      // A call on its way to the old server may still fail.
      while await channel.error(waitsForReady: true) != nil {}
      #expect(try await channel.numbers(of: 5) == [1: 5])
    }
  }

  @Test
  func `The control plane can make calls fail`() async throws {
    let plane = try await ControlPlane()
    try await Numbered.withServers(1) { _, addresses in
      try await plane.set(ControlPlane.service(addresses, service: "\"abort\": 9,"))
      let channel = try channel(plane)
      #expect(await channel.error(waitsForReady: true)?.code == .failedPrecondition)
    }
  }

  @Test(arguments: [true, false])
  func `A route's retry policy applies where the channel allows retries`(allowsRetries: Bool) async throws {
    let plane = try await ControlPlane()
    let calls = Counter()
    var router = RPCRouter()
    router.registerHandler(forMethod: Numbered.method) { (_: ServerRequest<[UInt8]>, _) in
      if calls.add() < 3 { throw RPCError(code: .unavailable, message: "not yet") }
      return ServerResponse(message: [1])
    }
    let server = Server(router: router)
    let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    try await plane.set(ControlPlane.service([address], service: #""retry": ["unavailable"],"#))
    let channel = try channel(plane, retries: allowsRetries)
    #expect(await channel.error(waitsForReady: true)?.code == (allowsRetries ? nil : .unavailable))
    await server.shutdown(gracePeriod: .zero)
  }

  @Test
  func `A route's timeout ends calls`() async throws {
    let plane = try await ControlPlane()
    var router = RPCRouter()
    router.registerHandler(forMethod: Numbered.method) { (_: ServerRequest<[UInt8]>, context) in
      // Until the client gives up.
      let cancelled = Gate()
      await withRPCCancellationHandler(of: context.cancellation) {
        await cancelled.pass()
      } onCancelRPC: {
        cancelled.open()
      }
      return ServerResponse(message: [0])
    }
    let server = Server(router: router)
    let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    let timeout = Duration.milliseconds(1500)
    try await plane.set(ControlPlane.service([address], service: "\"timeout\": 1.5,"))
    let channel = try channel(plane)
    try await channel.connect()
    let began = ContinuousClock.now
    // Far longer than the suite may take.
    let error = await channel.error(timeout: .seconds(3600), waitsForReady: true)
    #expect(error?.code == .deadlineExceeded)
    // C-core by itself ends such a call one to two seconds early.
    let version = EngineCapabilities.current.version
    if version.hasPrefix("29.") || version.hasSuffix("+patched") {
      #expect(ContinuousClock.now - began > timeout - .milliseconds(10))
    }
    await server.shutdown(gracePeriod: .zero)
  }

  @Test
  func `Outlier detection of the control plane leaves out an endpoint whose calls fail`() async throws {
    let plane = try await ControlPlane()
    var failing = RPCRouter()
    failing.registerHandler(forMethod: Numbered.method) { (_: ServerRequest<[UInt8]>, _) in
      throw RPCError(code: .unavailable, message: "ill")
    }
    let server = Server(router: failing)
    let ill = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    try await Numbered.withServers(2) { _, addresses in
      let detection = """
        "outlierDetection": {"interval": "0.2s", "baseEjectionTime": "60s", "maxEjectionPercent": 50,
        "failurePercentageThreshold": 50, "enforcingFailurePercentage": 100, "failurePercentageMinimumHosts": 3,
        "failurePercentageRequestVolume": 5, "enforcingSuccessRate": 0},
        """
      try await plane.set(ControlPlane.service(addresses + [ill], cluster: detection))
      let channel = try channel(plane)
      var failures = 0
      // 30 calls in a row without a failure: one in three would fail otherwise.
      var successes = 0
      while successes < 30 {
        let error = await channel.error(waitsForReady: true)
        if error != nil { failures += 1 }
        successes = error == nil ? successes + 1 : 0
      }
      #expect(failures > 0)
    }
    await server.shutdown(gracePeriod: .zero)
  }

  @Test
  func `A circuit breaker bounds the calls of a cluster`() async throws {
    let plane = try await ControlPlane()
    let (arrived, finishes) = (Gate(), Gate())
    var router = RPCRouter()
    router.registerHandler(forMethod: Numbered.method) { (_: ServerRequest<[UInt8]>, _) in
      arrived.open()
      await finishes.pass()
      return ServerResponse(message: [0])
    }
    let server = Server(router: router)
    let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    // C-core counts the calls of the whole process by the cluster's name.
    let cluster = #""narrow": {"maxRequests": 1, "localities": [\#(ControlPlane.locality([address]))]}"#
    try await plane.set(#"{"services": {"greeter": {"clusters": {\#(cluster)}}}}"#)
    let channel = try channel(plane)
    async let first = channel.number()
    await arrived.pass()
    let error = await channel.error()
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("circuit breaker") == true, "\(error?.message ?? "no error")")
    finishes.open()
    #expect(try await first == 0)
    await server.shutdown(gracePeriod: .seconds(1))
  }

  @Test
  func `Calls continue when the control plane dies, and follow the next one`() async throws {
    var plane = try await ControlPlane()
    try await Numbered.withServers(2) { _, addresses in
      try await plane.set(ControlPlane.service([addresses[0]]))
      let channel = try channel(plane)
      #expect(try await channel.number() == 0)
      await plane.kill()
      #expect(try await channel.numbers(of: 20) == [0: 20])
      plane = try await ControlPlane(at: plane.address, config: ControlPlane.service([addresses[1]]))
      while try await channel.number() != 1 {}
    }
  }

  @Test
  func `The control plane learns how many calls were made`() async throws {
    let plane = try await ControlPlane()
    try await Numbered.withServers(1) { _, addresses in
      try await plane.set(ControlPlane.service(addresses))
      let channel = try channel(plane)
      _ = try await channel.numbers(of: 10)
      var count = 0
      while count < 10 {
        let line = try #require(await plane.process.line(after: "LOAD c "))
        count += try #require(Int(line))
      }
      #expect(count == 10)
    }
  }

  @Test
  func `An error names the resource that is missing`() async throws {
    let plane = try await ControlPlane(config: ControlPlane.service([]))
    let none = try channel(plane, target: "xds:///nobody")
    let error = await none.error(timeout: .seconds(60))
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("nobody") == true, "\(error?.message ?? "no error")")
    let empty = try channel(plane)
    let emptyError = await empty.error(timeout: .seconds(60))
    #expect(emptyError?.code == .unavailable)
    #expect(emptyError?.message.contains("c-endpoints") == true, "\(emptyError?.message ?? "no error")")
  }

  @Test
  func `An error names the control plane that cannot be reached`() async throws {
    let plane = try await ControlPlane()
    await plane.kill()
    let error = await (try channel(plane)).error(timeout: .seconds(60))
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains(plane.address) == true, "\(error?.message ?? "no error")")
  }

  @Test
  func `The control plane chooses the certificates, and the fallback is for clusters without`() async throws {
    let certificates = try await TestCertificates()
    let plane = try await ControlPlane()
    let mutual = ServerCredentials.tls(
      identity: certificates.server,
      clientCertificates: .required(trustRoots: certificates.authority)
    )
    func tls(_ names: String) -> String {
      #""certificates": {"identity": "client", "authorities": "client", "names": ["\#(names)"]},"#
    }
    try await Numbered.withServers(1, credentials: mutual) { _, addresses in
      try await plane.set(ControlPlane.service(addresses, cluster: tls("localhost")))
      let channel = try channel(plane, credentials: .xds(fallback: .insecure), certificates: certificates)
      #expect(try await channel.number() == 0)

      try await plane.set(ControlPlane.service(addresses, cluster: tls("elsewhere.example")))
      let other = try self.channel(plane, credentials: .xds(fallback: .insecure), certificates: certificates)
      #expect(await other.error()?.code == .unavailable)
    }
    try await Numbered.withServers(1) { _, addresses in
      try await plane.set(ControlPlane.service(addresses))
      let channel = try channel(plane, credentials: .xds(fallback: .insecure), certificates: certificates)
      #expect(try await channel.number() == 0)
    }
    try await Numbered.withServers(1, credentials: .tls(identity: certificates.server)) { _, addresses in
      try await plane.set(ControlPlane.service(addresses))
      let fallback = ChannelCredentials.tls(trustRoots: certificates.trustRoots, serverHostname: "localhost")
      let channel = try channel(plane, credentials: .xds(fallback: fallback), certificates: certificates)
      #expect(try await channel.number() == 0)
    }
  }

  @Test
  func `Credentials with a fallback are the fallback for other targets`() async throws {
    try await Numbered.withServers(1) { _, addresses in
      let channel = try Channel(target: addresses[0].description, credentials: .xds(fallback: .insecure))
      #expect(try await channel.number() == 0)
    }
  }

  @Test
  func `A control plane can ask for a ring hash, which is an error where the engine has none`() async throws {
    let plane = try await ControlPlane()
    try await Numbered.withServers(2) { _, addresses in
      let cluster = #""policy": "RING_HASH","#
      try await plane.set(ControlPlane.service(addresses, service: #""hashHeader": "user","#, cluster: cluster))
      let channel = try channel(plane)
      guard EngineCapabilities.current.hasRingHash else {
        let error = await channel.error(timeout: .seconds(60))
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("ring_hash_experimental") == true, "\(error?.message ?? "no error")")
        return
      }
      // The first calls may come before both are connected.
      while try await Set(channel.numbers(of: 8, metadata: ["user": "a"]).keys).count != 1 {}
    }
  }
}
