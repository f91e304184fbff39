import CoreGRPC
import TestSupport
import Testing

@testable import CoreGRPCServices

@Suite("The health service", .timeLimit(.minutes(2)))
struct HealthServiceTests {
  private let service = ServiceDescriptor(fullyQualifiedService: "test.Bytes")

  @Test("The server serves from the start, and services when the program says so")
  func check() async throws {
    try await withHealthServer { (test) async throws in
      #expect(try await test.check() == .serving)
      let error = await rpcError { try await test.check("test.Bytes") }
      #expect(error?.code == .notFound)
      test.health.provider.updateStatus(.serving, forService: service)
      #expect(try await test.check("test.Bytes") == .serving)
      test.health.provider.updateStatus(.notServing, forService: "test.Bytes")
      #expect(try await test.check("test.Bytes") == .notServing)
      test.health.provider.updateStatus(.notServing, forService: "")
      #expect(try await test.check() == .notServing)
    }
  }

  @Test("A list has at most 100 services")
  func list() async throws {
    try await withHealthServer { (test) async throws in
      test.health.provider.updateStatus(.notServing, forService: service)
      #expect(try await test.list() == ["": .serving, "test.Bytes": .notServing])
      for number in 1...98 { test.health.provider.updateStatus(.serving, forService: "test.\(number)") }
      #expect(try await test.list().count == 100)
      test.health.provider.updateStatus(.serving, forService: "test.99")
      let error = await rpcError { try await test.list() }
      #expect(error?.code == .resourceExhausted)
      #expect(error?.message == "101 services have a status, more than the 100 that a list may have")
    }
  }

  @Test("A watch gets the current status and the changes, also of a service that is unknown at first")
  func watch() async throws {
    try await withHealthServer { (test) async throws in
      try await test.watch("test.Bytes") { (statuses) async throws in
        #expect(try await statuses.next() == .serviceUnknown)
        test.health.provider.updateStatus(.serving, forService: service)
        #expect(try await statuses.next() == .serving)
        // Neither a change of another service nor the same status is news.
        test.health.provider.updateStatus(.notServing, forService: "")
        test.health.provider.updateStatus(.serving, forService: service)
        test.health.provider.updateStatus(.notServing, forService: service)
        #expect(try await statuses.next() == .notServing)
      }
    }
  }

  @Test("A watch of an unknown service whose name is long is refused")
  func longName() async throws {
    try await withHealthServer { (test) async throws in
      let longest = String(repeating: "x", count: 200)
      try await test.watch(longest) { (statuses) async throws in #expect(try await statuses.next() == .serviceUnknown) }
      let error = await rpcError { try await test.watch(longest + "x") { try await $0.next() } }
      #expect(error?.code == .invalidArgument)
      test.health.provider.updateStatus(.serving, forService: longest + "x")
      try await test.watch(longest + "x") { (statuses) async throws in #expect(try await statuses.next() == .serving) }
    }
  }

  @Test("A service that two servers offer has the same statuses on both, and outlasts either")
  func shared() async throws {
    let health = HealthService()
    try await withHealthServer(health: health) { (first) async throws in
      try await withHealthServer(health: health) { (second) async throws in
        health.provider.updateStatus(.notServing, forService: service)
        #expect(try await first.check("test.Bytes") == .notServing)
        #expect(try await second.check("test.Bytes") == .notServing)
      }
      #expect(try await first.check() == .serving)
    }
  }

  @Test("A health service that is registered twice is an error")
  func duplicate() throws {
    let server = Server(services: [HealthService(), HealthService()])
    try server.listen(on: ListenAddress("127.0.0.1:0"))
    #expect(throws: RuntimeError.self) { try server.start() }
  }
}
