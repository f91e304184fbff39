import Foundation
import RaceSupport
import TestSupport
import Testing

@testable import CoreGRPC

// One after the other: each keeps a server busy, and on a slow machine no other would get a connection in time.
@Suite("Clients that cancel their calls", .serialized, .timeLimit(.minutes(5)))
struct CancellationLimitTests {
  /// A server whose handler answers all messages but 9, of which it waits for the client to cancel the call.
  private func makeServer(_ limit: Server.CancellationLimit?) throws -> TestServer {
    var configuration = Server.Configuration()
    configuration.cancellationLimit = limit
    return try TestServer(configuration: configuration) { request, _ in
      if request.message == [9] { await waitForCancellation() }
      return ServerResponse(message: request.message)
    }
  }

  private func connect(to test: TestServer) throws -> RawConnection {
    RawConnection(toPort: Int(try #require(test.address.port)))
  }

  /// A call that is cancelled as soon as it has begun.
  private static func cancelled(
    _ stream: UInt32,
    path: String = "/test.Test/Echo",
    hasMessage: Bool = true
  ) -> [HTTP2Frame] {
    [.request(stream: stream, path: path)]
      + (hasMessage ? [.data(HTTP2Frame.message([9]), stream: stream, flags: HTTP2Frame.endsStream)] : [])
      + [.reset(8, stream: stream)]
  }

  private static func answered(_ stream: UInt32) -> [HTTP2Frame] {
    [.request(stream: stream), .data(HTTP2Frame.message([1]), stream: stream, flags: HTTP2Frame.endsStream)]
  }

  /// Sends calls that are cancelled as soon as they have begun, on a thread of its own, as sending may block.
  private static func flood(
    _ connection: RawConnection,
    count: UInt32,
    from first: UInt32 = 0,
    path: String = "/test.Test/Echo",
    hasMessage: Bool = true
  ) async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        for index in first..<first + count {
          connection.send(cancelled(2 * index + 1, path: path, hasMessage: hasMessage))
        }
        continuation.resume()
      }
    }
  }

  /// Sends such calls until the server closes the connection.
  ///
  /// It does so when the client's next call begins, if C-core still knows the client's address then. It may not where
  /// one read brings a call with its cancellation. So the client continues until then, and lets the server work off a
  /// part before the next one: a slow machine could be behind all the time, and see cancelled calls alone.
  private static func floodUntilClosed(
    _ connection: RawConnection,
    path: String,
    hasMessage: Bool = true,
    betweenParts body: () async throws -> Void
  ) async throws {
    let isClosed = OneTimeEvent()
    async let closed: Void = {
      await connection.closed()
      isClosed.happen()
    }()
    for first in stride(from: UInt32(0), to: 1_000_000, by: 100) where !isClosed.hasHappened {
      await flood(connection, count: 100, from: first, path: path, hasMessage: hasMessage)
      try await body()
    }
    await closed
  }

  /// Waits for the end of a stream, or of the connection.
  private static func ends(_ stream: UInt32, of connection: RawConnection) async -> Bool {
    await connection.frame { $0.stream == stream && $0.flags & HTTP2Frame.endsStream != 0 } != nil
  }

  enum Kind: CaseIterable { case withMessage, withoutMessage, unknownMethod }

  @Test("A connection over the limit is closed, and calls on others continue", arguments: Kind.allCases)
  func closing(kind: Kind) async throws {
    let test = try makeServer(Server.CancellationLimit(burst: 50, perSecond: 0))
    let connection = try connect(to: test)
    let path = kind == .unknownMethod ? "/test.Test/None" : "/test.Test/Echo"
    try await Self.floodUntilClosed(connection, path: path, hasMessage: kind == .withMessage) {
      let response = try await test.call([1])
      #expect(response.message == [1])
    }
    #expect(try await test.call([2]).message == [2])
    // The client may come back.
    let next = try connect(to: test)
    next.send(Self.answered(1))
    #expect(await Self.ends(1, of: next))
  }

  @Test("A server without a limit leaves the connection open")
  func noLimit() async throws {
    let test = try makeServer(nil)
    let connection = try connect(to: test)
    await Self.flood(connection, count: 1_000)
    connection.send(Self.answered(2_001))
    #expect(await Self.ends(2_001, of: connection))
  }

  @Test("A client that cancels every other call stays connected")
  func hedging() async throws {
    let test = try makeServer(Server.CancellationLimit(burst: 50, perSecond: 0))
    let connection = try connect(to: test)
    var stream: UInt32 = 1
    for _ in 0..<40 {
      for _ in 0..<10 {
        connection.send(Self.cancelled(stream) + Self.answered(stream + 2))
        stream += 4
      }
      #expect(await Self.ends(stream - 2, of: connection))
    }
  }

  @Test("Calls that the server ends at their deadlines do not count")
  func deadlines() async throws {
    let test = try makeServer(Server.CancellationLimit(burst: 20, perSecond: 0))
    let connection = try connect(to: test)
    for index in UInt32(0)..<100 {
      let stream = 2 * index + 1
      let message = HTTP2Frame.data(HTTP2Frame.message([9]), stream: stream, flags: HTTP2Frame.endsStream)
      connection.send(.request(stream: stream, ("grpc-timeout", "20m")), message)
      // The server ends it.
      await connection.frame {
        $0.stream == stream && ($0.kind == .resetStream || $0.flags & HTTP2Frame.endsStream != 0)
      }
    }
    connection.send(Self.answered(201))
    #expect(await Self.ends(201, of: connection))
  }

  @Test("A server with its default limit closes such a connection, and says so")
  func log() async throws {
    let server = try ChildProcess(Locations.executable("race-peer"), ["listen", "127.0.0.1:0"])
    let address = try ListenAddress(#require(await server.line(after: "running... ")))
    let connection = RawConnection(toPort: Int(try #require(address.port)))
    async let line = server.line(after: "log: closed the connection of ipv4:127.0.0.1:")
    let channel = try Channel(target: address.description)
    let options = CallOptions(waitForReady: true)
    try await Self.floodUntilClosed(connection, path: "/test.Hold/None") {
      let response = try await channel.echo([8], method: HoldService.release, options: options)
      #expect(response.message == [8])
    }
    #expect(await line?.contains("more than the server's cancellationLimit allows") == true)
    let response = try await channel.echo([8], method: HoldService.release, options: options)
    #expect(response.message == [8])
  }
}
