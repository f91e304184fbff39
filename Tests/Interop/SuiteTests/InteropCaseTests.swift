import CoreGRPC
import GRPCTesting
import InteropSuite
import TestSupport
import Testing

@Suite("The interop cases", .timeLimit(.minutes(5)))
struct InteropCaseTests {
  private func outcome(
    of test: InteropTestCase,
    with services: [any RegistrableRPCService],
    certificates: TestCertificates? = nil
  ) async throws -> InteropOutcome {
    LeakCheck.waitAtExit()
    let server = Server(services: services, configuration: InteropTestService.serverConfiguration)
    let address = try server.listen(
      on: .tcp(host: "127.0.0.1", port: 0),
      credentials: certificates.map { .tls(identity: $0.server) } ?? .insecure
    )
    try server.start()
    let credentials: ChannelCredentials =
      certificates.map { .tls(trustRoots: $0.trustRoots, serverHostname: "foo.test.google.fr") } ?? .insecure
    var client = InteropClient {
      try Channel(
        target: address.description,
        credentials: credentials,
        configuration: InteropClient.channelConfiguration
      )
    }
    // Sanitizers make everything slow, and latency is not what is tested here.
    client.soak.maximumLatency = .seconds(30)
    let result: Result<InteropOutcome, any Error>
    do {
      result = .success(try await client.run(test))
    } catch {
      result = .failure(error)
    }
    await server.shutdown(gracePeriod: .zero)
    return try result.get()
  }

  @Test("Every case passes against the test service, plain and over TLS", arguments: InteropTestCase.allCases)
  func passes(test: InteropTestCase) async throws {
    for certificates in [nil, try await TestCertificates()] {
      switch try await outcome(of: test, with: [InteropTestService()], certificates: certificates) {
      case .passed: #expect(test != .cacheableUnary)
      case .skipped: #expect(test == .cacheableUnary)
      }
    }
  }

  /// Two cases are left out: what becomes of a call that is cancelled immediately is the client's own doing, and an
  /// answer can miss a deadline of a millisecond however wrong it is.
  @Test(
    "Every case fails against a service that does everything wrong, and says how",
    arguments: Set(InteropTestCase.allCases).subtracting([.cancelAfterBegin, .timeoutOnSleepingServer])
  )
  func fails(test: InteropTestCase) async throws {
    do {
      let outcome = try await outcome(of: test, with: [WrongTestService(), WrongUnimplementedService()])
      Issue.record("\(test): \(outcome)")
    } catch let failure as InteropFailure {
      #expect(failure.description.contains(": expected ") && failure.description.contains(", got "))
    } catch let error as RPCError {
      #expect(error.code == .dataLoss, "\(error)")
    }
  }

  @Test("A soak bears as many failures as it is told, and its time is bounded")
  func soak() async throws {
    let server = Server(services: [WrongTestService()])
    let channel = try server.makeInProcessChannel()
    let lines = Locked(0)
    var client = InteropClient { channel }
    client.report = { _ in lines.withLock { $0 += 1 } }
    client.soak.maximumLatency = .seconds(30)
    client.soak.iterations = 7
    client.soak.workers = 3
    client.soak.maximumFailures = 7
    let outcome = try await client.run(.rpcSoak)
    #expect(outcome == .passed)
    #expect(lines.withLock { $0 } == 8)
    client.soak.maximumFailures = 6
    await #expect(throws: InteropFailure.self) { try await client.run(.rpcSoak) }
    client.soak.maximumFailures = 7
    client.soak.timeout = .zero
    await #expect(throws: InteropFailure.self) { try await client.run(.rpcSoak) }
    await server.shutdown(gracePeriod: .zero)
  }
}
