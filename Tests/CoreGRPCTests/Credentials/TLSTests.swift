import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("TLS", .timeLimit(.minutes(5)))
struct TLSTests {
  /// A server that answers with the common name and the names of the client's certificate.
  private func makeServer(
    _ certificates: TestCertificates,
    clientCertificates: ClientCertificatePolicy = .none,
    channelCredentials: ChannelCredentials
  ) throws -> TestServer {
    try makeServer(
      certificates.server,
      clientCertificates: clientCertificates,
      channelCredentials: channelCredentials
    )
  }

  private func makeServer(
    _ identity: TLSIdentity,
    clientCertificates: ClientCertificatePolicy = .none,
    channelCredentials: ChannelCredentials
  ) throws -> TestServer {
    try TestServer(
      credentials: .tls(identity: identity, clientCertificates: clientCertificates),
      channelCredentials: channelCredentials
    ) { _, context in
      let certificate = context.peerCertificate
      let names = [certificate?.commonName ?? "nobody"] + (certificate?.subjectAlternativeNames ?? [])
      return ServerResponse(message: Array(names.joined(separator: " ").utf8))
    }
  }

  @Test("Encrypted keys of both ends are used with their password, and not with another one")
  func encryptedKeys() async throws {
    let certificates = try await TestCertificates()
    func encrypted(_ name: String, password: String) async throws -> TLSIdentity {
      let path = certificates.path("encrypted-\(name).key")
      let openssl = try await ChildProcess.run(
        URL(filePath: "/usr/bin/openssl"),
        ["ec", "-in", certificates.path(name + ".key"), "-aes128", "-passout", "pass:sesame", "-out", path]
      )
      try #require(openssl.status == 0, "\(openssl.errors)")
      let chain = PEMSource.file(certificates.path(name + ".pem"))
      return TLSIdentity(certificateChain: chain, privateKey: .file(path), privateKeyPassword: password)
    }
    let client = try await encrypted("client", password: "sesame")
    let test = try makeServer(
      try await encrypted("server", password: "sesame"),
      clientCertificates: .required(trustRoots: certificates.authority),
      channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: client)
    )
    try await withShutdown(of: test.server) {
      let name = try await name(test)
      #expect(name.hasPrefix("test-client"))
    }
    let wrong = try await encrypted("client", password: "open")
    let error = #expect(throws: RuntimeError.self) {
      try Channel(target: "127.0.0.1:1", credentials: .tls(trustRoots: certificates.trustRoots, identity: wrong))
    }
    #expect(error?.message.hasSuffix("is encrypted; privateKeyPassword does not decrypt it") == true)
    var dumped = "\(client) \(String(reflecting: client))"
    dump(ChannelCredentials.tls(identity: client), to: &dumped)
    #expect(!dumped.contains("sesame"))
  }

  @Test("A handler reads the SPIFFE ID of its client, and none where there is none")
  func spiffeID() async throws {
    let certificates = try await TestCertificates(faulty: true)
    for (identity, expected) in [(certificates.client, "spiffe://test/client"), (certificates.identity("chained"), "")]
    {
      try await withTestServer(
        credentials: .tls(
          identity: certificates.server,
          clientCertificates: .required(trustRoots: certificates.authority)
        ),
        channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: identity)
      ) { _, context in
        ServerResponse(message: Array((context.peerCertificate?.spiffeID ?? "").utf8))
      } body: { (test) async throws in
        #expect(try await name(test) == expected)
      }
    }
  }

  private func name(_ test: TestServer) async throws -> String {
    String(decoding: try await test.call().message, as: UTF8.self)
  }

  @Test("A channel that trusts the server's authority makes calls, large ones too")
  func roundTrip() async throws {
    let certificates = try await TestCertificates()
    let message = [UInt8](repeating: 7, count: 1_000_000)
    for roots in [certificates.authority, .text(try certificates.text("ca.pem"))] {
      try await withTestServer(
        credentials: .tls(identity: certificates.server),
        channelCredentials: .tls(trustRoots: .certificates(roots))
      ) { test in
        let answer = try await test.call(message).message
        #expect(answer == message)
      }
    }
  }

  @Test("A handler reads the chain of certificates that its client has sent, the client's own first")
  func clientCertificateChain() async throws {
    let certificates = try await TestCertificates(faulty: true)
    try await withTestServer(
      credentials: .tls(
        identity: certificates.server,
        clientCertificates: .required(trustRoots: certificates.authority)
      ),
      channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: certificates.identity("chained"))
    ) { _, context in
      let certificate = try #require(context.peerCertificate)
      #expect(certificate.chain.count == 2 && certificate.chain.first == certificate.pem)
      #expect(certificate.commonName == "chained-client")
      return ServerResponse(message: Array(certificate.chain.joined().utf8))
    } body: { (test) async throws in
      #expect(try await name(test) == certificates.text("chained.pem"))
    }
  }

  @Test("A server learns who its client is, if it asks")
  func clientCertificate() async throws {
    let certificates = try await TestCertificates()
    let roots = certificates.authority
    for (policy, identity, expected) in [
      (.none, certificates.client, "nobody"),
      (.requested(trustRoots: roots), nil, "nobody"),
      (.requested(trustRoots: roots), certificates.client, "test-client test-client spiffe://test/client"),
      (.required(trustRoots: roots), certificates.client, "test-client test-client spiffe://test/client"),
    ] as [(ClientCertificatePolicy, TLSIdentity?, String)] {
      let test = try makeServer(
        certificates,
        clientCertificates: policy,
        channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: identity)
      )
      try await withShutdown(of: test.server) {
        let name = try await name(test)
        #expect(name == expected, "\(policy)")
      }
    }
  }

  @Test("A client that shows no certificate, or a stranger's, cannot connect where one is required")
  func refusedClients() async throws {
    let certificates = try await TestCertificates()
    let strangers = try await TestCertificates()
    for (policy, identity) in [
      (.required(trustRoots: certificates.authority), nil),
      (.required(trustRoots: certificates.authority), strangers.client),
      (.requested(trustRoots: certificates.authority), strangers.client),
    ] as [(ClientCertificatePolicy, TLSIdentity?)] {
      let test = try makeServer(
        certificates,
        clientCertificates: policy,
        channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: identity)
      )
      try await withShutdown(of: test.server) {
        let error = await #expect(throws: RPCError.self) { try await test.call() }
        #expect(error?.code == .unavailable)
      }
    }
  }

  @Test("A server of an unknown authority is UNAVAILABLE, and the error says why")
  func unknownAuthority() async throws {
    let certificates = try await TestCertificates()
    let strangers = try await TestCertificates()
    for roots in [strangers.trustRoots, .systemDefault] {
      let test = try makeServer(certificates, channelCredentials: .tls(trustRoots: roots))
      try await withShutdown(of: test.server) {
        let error = await #expect(throws: RPCError.self) { try await test.call() }
        #expect(error?.code == .unavailable)
        #expect(error?.message.lowercased().contains("certificate") == true, "\(error?.message ?? "no error")")
      }
    }
  }

  @Test("The server's certificate must be valid for the target's name, or for the one given instead")
  func names() async throws {
    let certificates = try await TestCertificates()
    for (name, isValid) in [
      (nil, true), ("any.test.google.fr", true), ("localhost", true), ("other.example", false),
    ] as [(String?, Bool)] {
      let test = try makeServer(
        certificates,
        channelCredentials: .tls(trustRoots: certificates.trustRoots, serverHostname: name)
      )
      try await withShutdown(of: test.server) {
        let error = await rpcError { try await test.call() }
        #expect(error?.code == (isValid ? nil : .unavailable))
        if !isValid { #expect(error?.message.contains("other.example") == true, "\(error?.message ?? "")") }
      }
    }
  }

  @Test("A call cannot name an authority that the certificate is not valid for")
  func authority() async throws {
    let certificates = try await TestCertificates()
    let test = try makeServer(certificates, channelCredentials: .tls(trustRoots: certificates.trustRoots))
    try await withShutdown(of: test.server) {
      _ = try await test.call(options: CallOptions(authority: "any.test.google.fr"))
      let error = await #expect(throws: RPCError.self) {
        try await test.call(options: CallOptions(authority: "other.example"))
      }
      #expect(error?.code == .unauthenticated)
    }
  }

  @Test("Plaintext and TLS do not understand each other")
  func mixed() async throws {
    let certificates = try await TestCertificates()
    for (server, channel) in [
      (.tls(identity: certificates.server), .insecure),
      (.insecure, .tls(trustRoots: certificates.trustRoots)),
    ] as [(ServerCredentials, ChannelCredentials)] {
      try await withTestServer(credentials: server, channelCredentials: channel) { test in
        let error = await #expect(throws: RPCError.self) { try await test.call() }
        #expect(error?.code == .unavailable)
      }
    }
  }

  @Test("A server protects each of its addresses by itself")
  func addresses() async throws {
    let certificates = try await TestCertificates()
    var router = RPCRouter()
    router.registerHandler(
      forMethod: TestServer.echo
    ) { (request: ServerRequest<[UInt8]>, context) in ServerResponse(message: request.message) }
    let server = Server(router: router)
    let plain = try server.listen(on: ListenAddress(TestServer.addressOfItsOwn()))
    let protected = try server.listen(
      on: ListenAddress("127.0.0.1:0"),
      credentials: .tls(identity: certificates.server)
    )
    let abstract = try server.listen(
      on: ListenAddress(TestServer.addressOfItsOwn()),
      credentials: .tls(identity: certificates.server)
    )
    try server.start()
    try await withShutdown(of: server) {
      _ = try await Channel(target: plain.description).echo()
      _ = try await Channel(
        target: protected.description,
        credentials: .tls(trustRoots: certificates.trustRoots)
      ).echo()
      _ = try await Channel(
        target: abstract.description,
        credentials: .tls(trustRoots: certificates.trustRoots, serverHostname: "localhost")
      ).echo()
    }
  }

  @Test("A server with several identities shows the one of the name that is asked for")
  func identities() async throws {
    let certificates = try await TestCertificates()
    let roots = certificates.trustRoots
    try await withTestServer(
      credentials: .tls(identities: [certificates.client, certificates.server]),
      channelCredentials: .tls(trustRoots: roots, serverHostname: "any.test.google.fr")
    ) { test in
      _ = try await test.call()
      let other = try Channel(
        target: test.address.description,
        credentials: .tls(trustRoots: roots, serverHostname: "test-client")
      )
      // The client's certificate is for that name, and for no server: so it was shown, and refused for its purpose.
      let error = await #expect(throws: RPCError.self) { try await other.echo() }
      #expect(error?.code == .unavailable)
    }
  }
}
