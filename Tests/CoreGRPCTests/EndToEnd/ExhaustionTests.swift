import Foundation
import RaceSupport
import Synchronization
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Exhausted descriptors", .timeLimit(.minutes(5)))
struct ExhaustionTests {
  enum Transport: CaseIterable { case tcp, localhost, wildcard, tls, unix, abstractUnix }

  @Test("A server that ran out of descriptors accepts again, and finishes its calls", arguments: Transport.allCases)
  func recovery(transport: Transport) async throws {
    let certificates = transport == .tls ? try await TestCertificates() : nil
    let path = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let address =
      switch transport {
      case .tcp, .tls: "127.0.0.1:0"
      case .localhost: "localhost:0"
      case .wildcard: "[::]:0"
      case .unix: "unix:\(path)"
      case .abstractUnix: TestServer.addressOfItsOwn()
      }
    let server = try ChildProcess(
      URL(filePath: "/bin/sh"),
      ["-c", "ulimit -n 120 && exec \"$@\"", "sh", Locations.executable("race-peer").path, "listen", address]
        + (certificates.map { [$0.folder.path] } ?? [])
    )
    let bound = try ListenAddress(#require(await server.line(after: "running... ")))
    let target = bound.port.map { "127.0.0.1:\($0)" } ?? bound.description
    func makeChannel() throws -> Channel {
      let credentials = certificates.map { ChannelCredentials.tls(trustRoots: $0.trustRoots) }
      // Not the connection of another channel.
      var configuration = Channel.Configuration()
      configuration.usesLocalSubchannelPool = true
      return try Channel(target: target, credentials: credentials ?? .insecure, configuration: configuration)
    }
    let early = try makeChannel()
    async let held = early.echo([7], method: HoldService.hold).message
    _ = await server.line(after: "holding")

    var connections = (0..<200).map { _ in RawSocket.connected(to: bound) }
    #expect(await server.line(after: "log: the server stopped accepting connections on ") != nil)
    #expect(connections.count == 200)
    connections = []
    #expect(await server.line(after: "log: the server accepts connections on ") != nil)

    let late = try makeChannel()
    var options = CallOptions.defaults
    options.waitForReady = true
    #expect(try await late.echo([8], method: HoldService.release, options: options).message == [8])
    #expect(try await held == [7])
  }

  /// A server whose listeners are being replaced, while its certificate cannot be read.
  private func stuckRecovery(_ certificates: TestCertificates) throws -> TestServer {
    let test = try TestServer(
      credentials: .tls(identity: certificates.server),
      channelCredentials: .tls(trustRoots: certificates.trustRoots)
    )
    try FileManager.default.moveItem(atPath: certificates.path("server.pem"), toPath: certificates.path("away.pem"))
    test.server.generations.beginRecovery(of: [test.address])
    return test
  }

  @Test("A recovery continues until it succeeds")
  func persistence() async throws {
    let certificates = try await TestCertificates()
    let test = try stuckRecovery(certificates)
    try await withShutdown(of: test.server) {
      try FileManager.default.moveItem(atPath: certificates.path("away.pem"), toPath: certificates.path("server.pem"))
      await test.server.generations.waitForRecovery()
      #expect(test.server.generations.count == 2)
      var options = CallOptions.defaults
      options.waitForReady = true
      #expect(try await test.call([3], options: options).message == [3])
    }
  }

  @Test("A shutdown ends a recovery, and frees the address")
  func shutdownDuringRecovery() async throws {
    let certificates = try await TestCertificates()
    let test = try stuckRecovery(certificates)
    try await withShutdown(of: test.server) {
      await test.server.shutdown()
      #expect(test.server.generations.count == 1)
      try await withTestServer(on: test.address.description) { (next) async throws in
        #expect(try await next.call([4]).message == [4])
      }
    }
  }

  @Test("A recovery leaves the channels of the process connected, also those with calls in progress")
  func inProcessChannels() async throws {
    let (arrived, proceed) = (Gate(), Gate())
    try await withTestServer { request, _ in
      if request.message == [1] {
        arrived.open()
        await proceed.pass()
      }
      return ServerResponse(message: request.message)
    } body: { (test) async throws in
      let channel = try test.server.makeInProcessChannel()
      async let held = channel.echo([1]).message
      await arrived.pass()
      for count in 2...3 {
        test.server.generations.beginRecovery(of: [test.address])
        await test.server.generations.waitForRecovery()
        #expect(test.server.generations.count == count)
        #expect(channel.connectivityState == .ready)
        #expect(try await channel.echo([2]).message == [2])
        #expect(try await test.server.makeInProcessChannel().echo([3]).message == [3])
      }
      proceed.open()
      #expect(try await held == [1])
      await test.server.shutdown()
      #expect(channel.connectivityState == .shutdown)
      let error = await #expect(throws: RPCError.self) { try await channel.echo([4]) }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("A storm of connections does not look like a dead listener")
  func storm() async throws {
    try await withTestServer { test in
      let isOver = Atomic(false)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          let threadEnded = Gate()
          let address = test.address
          Thread.detachNewThread {
            while !isOver.load(ordering: .relaxed) {
              let sockets = (0..<20).map { _ in RawSocket.connected(to: address) }
              // The server's settings: so no more connections are open than these.
              for socket in sockets { _ = socket.read() }
            }
            threadEnded.open()
          }
          group.addTask { await threadEnded.pass() }
        }
        // Calls continue meanwhile, and the listeners are looked at far more often than the watch does.
        for _ in 0..<30 {
          _ = test.server.generations.lookAtListeners()
          _ = try? await test.call()
        }
        isOver.store(true, ordering: .relaxed)
      }
      await test.server.generations.waitForRecovery()
      #expect(test.server.generations.count == 1)
    }
  }
}
