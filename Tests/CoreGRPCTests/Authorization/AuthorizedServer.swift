import TestSupport
import Testing

@testable import CoreGRPC

/// A server of ``KindsOfCall`` with an authorization policy, and a channel to it.
struct AuthorizedServer {
  /// Counts the handlers that have begun.
  let handlers = Counter()
  /// Sees the server's calls.
  let recorder = CallRecorder()
  let server: Server
  let channel: Channel

  /// - Parameters:
  ///   - client: The client's credentials.
  ///   - certificates: Needed for a client with TLS.
  init(
    _ policy: AuthorizationPolicyProvider,
    client: AuthorizationTable.Client = .plaintext,
    certificates: TestCertificates? = nil,
    interceptors: [any ServerInterceptor] = [],
    configure: (inout Server.Configuration) -> Void = { _ in }
  ) throws {
    var configuration = Server.Configuration()
    configuration.authorizationPolicy = policy
    configuration.callObservers = [recorder]
    configure(&configuration)
    let router = KindsOfCall.router { [handlers] _ in handlers.add() }
    server = Server(router: router, configuration: configuration, interceptors: interceptors)
    var serverCredentials = ServerCredentials.insecure
    var channelCredentials = ChannelCredentials.insecure
    if let certificates, client != .plaintext {
      serverCredentials = .tls(
        identity: certificates.server,
        clientCertificates: .requested(trustRoots: certificates.authority)
      )
      let identity = client == .tlsWithCertificate ? certificates.client : nil
      channelCredentials = .tls(trustRoots: certificates.trustRoots, identity: identity)
    }
    let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0), credentials: serverCredentials)
    try server.start()
    channel = try Channel(target: address.description, credentials: channelCredentials)
  }

  /// Returns the error of a call, by a stream in both directions, whatever the method's kind; `nil` if it succeeds.
  func error(path: String, metadata: Metadata = [:]) async -> RPCError? {
    let parts = path.split(separator: "/").map(String.init)
    let method = MethodDescriptor(fullyQualifiedService: parts[0], method: parts[1])
    return await rpcError {
      try await channel.bidirectionalStreaming(
        request: StreamingClientRequest<[UInt8]>(metadata: metadata) { writer in try await writer.write([0, 0]) },
        descriptor: method
      ) { (response: StreamingClientResponse<[UInt8]>) in
        for try await _ in response.messages {}
      }
    }
  }
}
