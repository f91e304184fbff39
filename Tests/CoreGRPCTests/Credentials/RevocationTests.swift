import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Revoked certificates", .timeLimit(.minutes(5)))
struct RevocationTests {
  @Test("A channel with the authority's list refuses a revoked certificate alone", arguments: [true, false])
  func revokedServer(inFiles: Bool) async throws {
    let certificates = try await TestCertificates(faulty: true)
    let authority = inFiles ? certificates.authority : .text(try certificates.text("ca.pem"))
    let checking = TrustRoots.certificates(authority, revocationListsIn: certificates.path("crls"))
    for (name, roots, isRefused) in [
      ("server", checking, false), ("revoked", checking, true), ("revoked", .certificates(authority), false),
    ] as [(String, TrustRoots, Bool)] {
      try await withTestServer(
        credentials: .tls(identity: certificates.identity(name)),
        channelCredentials: .tls(trustRoots: roots)
      ) { test in
        let error = await rpcError { try await test.call() }
        #expect((error != nil) == isRefused, "\(name): \(error.map(String.init(describing:)) ?? "no error")")
        if let error {
          #expect(error.code == .unavailable)
          #expect(error.message.contains("certificate revoked"), "\(error.message)")
        }
      }
    }
  }

  @Test("A server with the authority's list refuses a revoked certificate alone")
  func revokedClient() async throws {
    let certificates = try await TestCertificates(faulty: true)
    let lists = certificates.path("crls")
    let required = ClientCertificatePolicy.required(trustRoots: certificates.authority)
    let requested = ClientCertificatePolicy.requested(trustRoots: certificates.authority)
    for (policy, identity, name) in [
      (required.checkingRevocation(byListsIn: lists), certificates.client, "test-client"),
      (required.checkingRevocation(byListsIn: lists), certificates.identity("revoked"), nil),
      (required.checkingRevocation(byListsIn: lists), nil, nil),
      (requested.checkingRevocation(byListsIn: lists), certificates.client, "test-client"),
      (requested.checkingRevocation(byListsIn: lists), certificates.identity("revoked"), nil),
      (requested.checkingRevocation(byListsIn: lists), nil, "nobody"),
      (ClientCertificatePolicy.none.checkingRevocation(byListsIn: lists), certificates.identity("revoked"), "nobody"),
      (required, certificates.identity("revoked"), "localhost"),
    ] as [(ClientCertificatePolicy, TLSIdentity?, String?)] {
      try await withTestServer(
        credentials: .tls(identity: certificates.server, clientCertificates: policy),
        channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: identity),
        handler: { _, context in
          ServerResponse(message: Array((context.peerCertificate?.commonName ?? "nobody").utf8))
        },
        body: { test in
          do {
            let answer = String(decoding: try await test.call().message, as: UTF8.self)
            #expect(answer == name, "\(policy)")
          } catch let error as RPCError {
            #expect(name == nil && error.code == .unavailable, "\(error)")
          }
        }
      )
    }
  }

  @Test("A policy knows the client of a server with lists")
  func authorization() async throws {
    let certificates = try await TestCertificates(faulty: true)
    let json = #"{"name": "n", "allow_rules": [{"name": "a", "source": {"principals": ["spiffe://test/client"]}}]}"#
    var configuration = Server.Configuration()
    configuration.authorizationPolicy = try AuthorizationPolicyProvider(AuthorizationPolicy(json: json))
    let policy = ClientCertificatePolicy.requested(trustRoots: certificates.authority)
      .checkingRevocation(byListsIn: certificates.path("crls"))
    for (identity, code) in [(certificates.client, nil), (nil, .permissionDenied)] as [(TLSIdentity?, RPCError.Code?)] {
      try await withTestServer(
        credentials: .tls(identity: certificates.server, clientCertificates: policy),
        channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: identity),
        configuration: configuration
      ) { test in
        #expect(await rpcError { try await test.call() }?.code == code)
      }
    }
  }

  @Test("Lists that change are used by living servers and channels", arguments: [true, false])
  func changed(atServer: Bool) async throws {
    let certificates = try await TestCertificates(faulty: true)
    let lists = URL(filePath: certificates.path("lists"))
    let source = try #require(try FileManager.default.contentsOfDirectory(atPath: certificates.path("crls")).first)
    try FileManager.default.createDirectory(at: lists, withIntermediateDirectories: false)
    // A list for another authority.
    try Data().write(to: lists.appending(path: "00000000.r0"))
    let list = lists.appending(path: source)
    func install() throws {
      try FileManager.default.copyItem(at: URL(filePath: certificates.path("crls")).appending(path: source), to: list)
    }
    try install()
    let revoked = certificates.identity("revoked")
    let policy = ClientCertificatePolicy.required(trustRoots: certificates.authority)
    let roots = TrustRoots.certificates(certificates.authority, revocationListsIn: lists.path)
    try await withTestServer(
      credentials: .tls(
        identity: atServer ? certificates.server : revoked,
        clientCertificates: atServer ? policy.checkingRevocation(byListsIn: lists.path) : policy
      ),
      channelCredentials: .tls(
        trustRoots: atServer ? certificates.trustRoots : roots,
        identity: atServer ? revoked : certificates.client
      ),
      configuration: {
        var configuration = Server.Configuration()
        configuration.connectionAge.maxAge = .milliseconds(200)
        return configuration
      }(),
      body: { test in
        #expect(await rpcError { try await test.call() }?.code == .unavailable)
        // OpenSSL keeps a list that it has read: its end shows that C-core begins anew.
        try FileManager.default.removeItem(at: list)
        while await rpcError({ try await test.call() }) != nil {
          test.channel.resetConnectBackoff()
          try await Task.sleep(for: .milliseconds(100))
        }
        try install()
        while await rpcError({ try await test.call() }) == nil { try await Task.sleep(for: .milliseconds(100)) }
      }
    )
  }

  @Test("A folder without lists is an error: C-core would check nothing")
  func noLists() async throws {
    let certificates = try await TestCertificates()
    func messages(_ folder: String) -> [String] {
      let roots = TrustRoots.certificates(certificates.authority, revocationListsIn: folder)
      let channelError = #expect(throws: RuntimeError.self) {
        try Channel(target: "127.0.0.1:1", credentials: .tls(trustRoots: roots))
      }
      let policy = ClientCertificatePolicy.required(trustRoots: certificates.authority)
        .checkingRevocation(byListsIn: folder)
      let serverError = #expect(throws: RuntimeError.self) {
        try TestServer(credentials: .tls(identity: certificates.server, clientCertificates: policy))
      }
      #expect(channelError?.code == .invalidCredentials && serverError?.code == .invalidCredentials)
      return [channelError, serverError].compactMap { $0?.message }
    }
    let (folder, missing) = (certificates.folder.path, certificates.path("missing"))
    #expect(messages(missing).allSatisfy { $0.hasSuffix("in \(missing) cannot be read: No such file or directory") })
    #expect(messages(folder).allSatisfy { $0.contains("there is no revocation list in \(folder)") })
  }

  @Test("A server with lists has one identity")
  func severalIdentities() async throws {
    let certificates = try await TestCertificates(faulty: true)
    let policy = ClientCertificatePolicy.required(trustRoots: certificates.authority)
      .checkingRevocation(byListsIn: certificates.path("crls"))
    for identities in [[], [certificates.server, certificates.identity("elsewhere")]] {
      let error = #expect(throws: RuntimeError.self) {
        try TestServer(credentials: .tls(identities: identities, clientCertificates: policy))
      }
      #expect(error?.code == .invalidCredentials)
      #expect(error?.message.hasSuffix("has one TLS identity, and not \(identities.count)") == true)
    }
  }
}
