import CoreGRPC
import TestSupport
import Testing

@Suite("The authenticator for bearer tokens", .timeLimit(.minutes(5)))
struct BearerTokenAuthenticatorTests {
  private enum UserKey: CallContextKey {
    typealias Value = String
  }

  private struct Unknown: Error {}

  private static let open = MethodDescriptor(fullyQualifiedService: "test.Open", method: "Echo")

  /// A channel to a server whose handler answers with the user, and whose authenticator knows `token-NAME`.
  private func withChannel<Result>(_ body: (Channel) async throws -> Result) async throws -> Result {
    let authenticator = BearerTokenAuthenticator(UserKey.self) { token, context in
      if token == "token-banned" {
        throw RPCError(code: .permissionDenied, message: "banned from \(context.descriptor.method)")
      }
      guard token.hasPrefix("token-") else { throw Unknown() }
      return String(token.dropFirst(6))
    }
    var router = RPCRouter()
    for method in [TestServer.echo, Self.open] {
      router.registerHandler(forMethod: method) { (_: ServerRequest<[UInt8]>, context) in
        ServerResponse(message: Array((context[UserKey.self] ?? "nobody").utf8))
      }
    }
    let server = Server(
      router: router,
      interceptorPipeline: [
        .apply(authenticator, to: .allExcluding(services: [Self.open.service], methods: []))
      ]
    )
    let channel = try server.makeInProcessChannel()
    return try await withShutdown(of: server) { try await body(channel) }
  }

  @Test("The handler reads the value for the token")
  func value() async throws {
    try await withChannel { (channel) async throws in
      for token in ["Bearer token-ada", "bearer  token-ada"] {
        let answer = try await channel.echo(metadata: ["authorization": .string(token)]).message
        #expect(answer == Array("ada".utf8))
      }
      let options = CallOptions(credentials: .bearerToken("token-eve"))
      #expect(try await channel.echo(options: options).message == Array("eve".utf8))
    }
  }

  @Test("Calls without a good token end with UNAUTHENTICATED, or with the error of the program")
  func refusals() async throws {
    try await withChannel { (channel) async throws in
      for metadata in [
        [:], ["authorization": "Basic abc"], ["authorization": "Bearer"], ["authorization": ""],
        ["authorization": "Bearer "], ["authorization": "Bearer   "], ["authorization": "Bearer token-ada x"],
        ["authorization": "Bearer token-a", "Authorization": "Bearer token-b"],
      ] as [Metadata] {
        let error = await rpcError { try await channel.echo(metadata: metadata) }
        #expect(error?.code == .unauthenticated, "\(metadata)")
      }
      let unknown = await rpcError { try await channel.echo(metadata: ["authorization": "Bearer x"]) }
      #expect(unknown == RPCError(code: .unauthenticated, message: "the token is not accepted"))
      let banned = await rpcError { try await channel.echo(metadata: ["authorization": "Bearer token-banned"]) }
      #expect(banned == RPCError(code: .permissionDenied, message: "banned from Echo"))
    }
  }

  @Test("Excluded services need no token")
  func excluded() async throws {
    try await withChannel { (channel) async throws in
      #expect(try await channel.echo(method: Self.open).message == Array("nobody".utf8))
    }
  }
}
