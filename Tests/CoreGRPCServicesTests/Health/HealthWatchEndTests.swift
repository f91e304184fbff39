import CoreGRPC
import TestSupport
import Testing

@testable import CoreGRPCServices

@Suite("The end of a watch", .timeLimit(.minutes(2)))
struct HealthWatchEndTests {
  enum End: CaseIterable {
    case leftByClient, deadline, stop
  }

  @Test("A watch is forgotten when its call ends", arguments: End.allCases)
  func forgotten(end: End) async throws {
    let ended = Gate()
    try await withHealthServer(interceptors: [EndOfCalls(ended: ended)]) { (test) async throws in
      let options = CallOptions(timeout: end == .deadline ? .seconds(2) : nil)
      let error = await rpcError {
        try await test.watch(options: options) { (statuses) async throws in
          #expect(try await statuses.next() == .serving)
          #expect(test.health.watchCount == 1)
          switch end {
          case .leftByClient: return
          case .deadline: break
          case .stop: test.server.beginGracefulShutdown(gracePeriod: .zero)
          }
          while try await statuses.next() != nil {}
        }
      }
      switch end {
      case .leftByClient: #expect(error == nil)
      case .deadline: #expect(error?.code == .deadlineExceeded)
      case .stop: #expect(error?.code == .unavailable)
      }
      await ended.pass()
      #expect(test.health.watchCount == 0)
    }
  }

  @Test("A watch is forgotten when its connection ends, by its age")
  func oldConnection() async throws {
    let ended = Gate()
    var configuration = Server.Configuration()
    configuration.connectionAge.maxAge = .milliseconds(200)
    configuration.connectionAge.maxGraceTime = .zero
    try await withHealthServer(configuration: configuration, interceptors: [EndOfCalls(ended: ended)]) {
      (test) async throws in
      let error = await rpcError { try await test.watch { while try await $0.next() != nil {} } }
      #expect(error?.code == .unavailable)
      await ended.pass()
      #expect(test.health.watchCount == 0)
    }
  }

  @Test("A graceful shutdown tells watches NOT_SERVING and ends them, so that the server stops")
  func shutdown() async throws {
    try await withHealthServer { (test) async throws in
      test.health.provider.updateStatus(.serving, forService: "a")
      for service in ["", "a", "unknown"] {
        let error = await rpcError {
          try await test.watch(service) { (statuses) async throws in
            _ = try await statuses.next()
            guard service == "unknown" else { return }
            test.server.beginGracefulShutdown()
            test.health.provider.updateStatus(.serving, forService: service)
            #expect(try await statuses.next() == .notServing)
            #expect(try await statuses.next() == nil)
          }
        }
        if service == "unknown" {
          #expect(error?.code == .unavailable)
          #expect(error?.message == "the server is shutting down")
        }
      }
      await test.server.waitUntilStopped()
      #expect(test.health.watchCount == 0)
    }
  }

  @Test("All services are NOT_SERVING as soon as the shutdown begins, and stay so")
  func statusesDuringShutdown() async throws {
    let start = StartOfCalls(count: 3)
    try await withHealthServer(interceptors: [start]) { (test) async throws in
      test.health.provider.updateStatus(.serving, forService: "a")
      async let status = test.check("a")
      async let all = test.list()
      async let watched = test.watch("a") { try await $0.next() }
      await start.arrived.pass()
      test.server.beginGracefulShutdown()
      test.health.provider.updateStatus(.serving, forService: "a")
      start.goOn.open()
      let answers = try await (status, all, watched)
      #expect(answers.0 == .notServing)
      #expect(answers.1 == ["": .notServing, "a": .notServing])
      #expect(answers.2 == .notServing)
      await test.server.waitUntilStopped()
    }
  }
}
