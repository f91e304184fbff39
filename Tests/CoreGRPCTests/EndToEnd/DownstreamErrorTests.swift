import CoreGRPC
import TestSupport
import Testing

@Suite("Errors of calls that handlers make", .timeLimit(.minutes(5)))
struct DownstreamErrorTests {
  typealias Kind = MetadataServer.Kind

  /// The codes that the client of a handler learns.
  static let kept: Set<RPCError.Code> = [.cancelled, .deadlineExceeded, .resourceExhausted, .unavailable]

  @Test("An error that a handler lets escape reaches its client without its message and metadata")
  func codes() async throws {
    try await withTestServer { request, _ in
      let code = try #require(Status.Code(rawValue: Int(request.message[0])).flatMap(RPCError.Code.init))
      throw RPCError(code: code, message: "secret", metadata: ["x-secret": "secret"])
    } body: { behind in
      try await withTestServer { request, _ in
        try await behind.call(request.message).asServerResponse
      } body: { gateway in
        try await withStreamServer { request, _ in
          for try await message in request.messages { _ = try await behind.call(message) }
          return StreamingServerResponse { _ in [:] }
        } body: { streaming in
          for number in UInt8(1)...16 {
            let code = try #require(Status.Code(rawValue: Int(number)).flatMap(RPCError.Code.init))
            let error = await rpcError { try await gateway.call([number]) }
            let expected = RPCError(
              code: Self.kept.contains(code) ? code : .internalError,
              message: "a call to another service failed"
            )
            #expect(error == expected, "\(code)")
            #expect(await rpcError { try await streaming.echo([[number]]) }?.code == expected.code, "\(code)")
          }
        }
      }
    }
  }

  @Test("Errors of calls of all kinds are told apart from a handler's own", arguments: Kind.allCases)
  func kinds(kind: Kind) async throws {
    try await withMetadataServer { behind in
      let channel = try Channel(target: behind.address.description)
      try await withTestServer { request, _ in
        let actions = ["message", "trailing", "x"]
        let action = actions[Int(request.message[0])]
        // The last one is illegal here.
        let metadata: Metadata = ["x-do": .string(action), "x-size": action == "x" ? "\u{7F}" : "9000"]
        _ = try await channel.call(kind, metadata: metadata)
        return ServerResponse(message: [])
      } body: { gateway in
        for action in UInt8(0)...2 {
          let error = await rpcError { try await gateway.call([action]) }
          #expect(error == RPCError(code: .internalError, message: "a call to another service failed"), "\(action)")
        }
      }
    }
  }

  @Test("A status that a handler sets itself is sent, and so is a new error")
  func ownErrors() async throws {
    try await withTestServer { _, _ in
      throw RPCError(code: .notFound, message: "secret", metadata: ["x-secret": "secret"])
    } body: { behind in
      try await withTestServer { request, _ in
        do {
          return try await behind.call(request.message).asServerResponse
        } catch var error as RPCError {
          switch request.message[0] {
          case 0: error.message = "no such item"
          case 1: error.metadata = ["x-own": "1"]
          case 2: error.code = .failedPrecondition
          case 3: error.cause = nil
          default: throw RPCError(code: error.code, message: error.message, metadata: error.metadata)
          }
          throw error
        }
      } body: { gateway in
        let text = "a call to another service failed"
        let expected = [
          RPCError(code: .internalError, message: "no such item"),
          RPCError(code: .internalError, message: text, metadata: ["x-own": "1"]),
          RPCError(code: .failedPrecondition, message: text),
          RPCError(code: .internalError, message: text),
          RPCError(code: .notFound, message: "secret", metadata: ["x-secret": "secret"]),
        ]
        for (number, expected) in expected.enumerated() {
          let error = await rpcError { try await gateway.call([UInt8(number)]) }
          #expect(error == expected, "\(number)")
        }
      }
    }
  }

  @Test("A server that cannot be reached is not named to the client")
  func unreachable() async throws {
    let target = "ipv4:127.0.0.1:1"
    let channel = try Channel(target: target)
    try await withTestServer { request, _ in
      switch request.message[0] {
      case 0: try await channel.connect(timeout: .zero)
      case 1: _ = try Channel(target: "ipv4:127.0.0.1:secret")
      default: break
      }
      return try await channel.echo(request.message).asServerResponse
    } body: { gateway in
      let text = "a call to another service failed"
      let expected = [
        RPCError(code: .deadlineExceeded, message: text), RPCError(code: .unknown, message: "the handler failed"),
        RPCError(code: .unavailable, message: text),
      ]
      for (number, expected) in expected.enumerated() {
        let error = await rpcError { try await gateway.call([UInt8(number)]) }
        #expect(error == expected)
      }
      channel.close()
      let error = await rpcError { try await gateway.call([2]) }
      #expect(error == RPCError(code: .unavailable, message: "a call to another service failed"))
    }
  }
}

extension ClientResponse where Message == [UInt8] {
  fileprivate var asServerResponse: ServerResponse<[UInt8]> { ServerResponse(message: message) }
}
