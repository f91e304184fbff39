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
    let list = lists.appending(path: source)
    func install(at list: URL) throws {
      try FileManager.default.copyItem(at: URL(filePath: certificates.path("crls")).appending(path: source), to: list)
    }
    // A list for another authority.
    try install(at: lists.appending(path: "00000000.r0"))
    try install(at: list)
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
        try install(at: list)
        while await rpcError({ try await test.call() }) == nil { try await Task.sleep(for: .milliseconds(100)) }
      }
    )
  }

  @Test("A certificate in the folder of the lists is not a trust root")
  func authorityInFolder() async throws {
    let certificates = try await TestCertificates(faulty: true)
    func openssl(_ arguments: [String]) async throws -> String {
      let outcome = try await ChildProcess.run(URL(filePath: "/usr/bin/env"), ["openssl"] + arguments)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    let (key, stranger) = (certificates.path("stranger.key"), certificates.path("stranger.pem"))
    _ = try await openssl([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
      "-out", stranger, "-days", "30", "-subj", "/CN=stranger", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    ])
    let lists = certificates.path("crls")
    let hash = try await openssl(["x509", "-in", stranger, "-noout", "-hash"])
    try FileManager.default.copyItem(atPath: stranger, toPath: "\(lists)/\(hash).0")

    let policy = ClientCertificatePolicy.required(trustRoots: certificates.authority)
      .checkingRevocation(byListsIn: lists)
    for (identity, isRefused) in [(certificates.client, false), (certificates.identity("stranger"), true)] {
      try await withTestServer(
        credentials: .tls(identity: certificates.server, clientCertificates: policy),
        channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: identity)
      ) { test in
        #expect((await rpcError { try await test.call() } != nil) == isRefused)
      }
    }
    try await withTestServer(
      credentials: .tls(identity: certificates.identity("stranger")),
      channelCredentials: .tls(trustRoots: .certificates(certificates.authority, revocationListsIn: lists))
    ) { test in
      #expect(await rpcError { try await test.call() }?.code == .unavailable)
    }
  }

  @Test("A list that OpenSSL cannot read is an error: C-core would check nothing")
  func unreadableList() async throws {
    let certificates = try await TestCertificates(faulty: true)
    let lists = certificates.path("crls")
    let name = try #require(try FileManager.default.contentsOfDirectory(atPath: lists).first)
    let list = "\(lists)/\(name)"
    let valid = try String(contentsOfFile: list, encoding: .utf8)
    let tls = ChannelCredentials.TLS(
      trustRoots: .certificates(certificates.authority, revocationListsIn: lists),
      identity: nil,
      serverHostname: nil
    )
    #expect(try RevocationLists.read(folder: lists) == ["\(name.prefix(8)).r0": valid])
    let living = try #require(try ChannelCertificates.shared(for: tls))
    let body = valid.split(separator: "\n").dropFirst().dropLast().joined(separator: "\n")
    for text in ["", "text", String(valid.dropLast(40)), valid.replacing(body, with: "AAAA"), valid + valid.prefix(99)]
    {
      // As by rehash, which has numbers begin anew.
      try text.write(toFile: list, atomically: true, encoding: .utf8)
      let error = #expect(throws: RuntimeError.self) {
        try Channel(target: "127.0.0.1:1", credentials: .tls(trustRoots: tls.trustRoots))
      }
      #expect(error?.code == .invalidCredentials)
      #expect(error?.message.contains("the revocation list in \(list)") == true, "\(error?.message ?? "none")")
      // It may be half written: only then it is reported.
      living.look()
      living.look()
      #expect(living.problem?.contains(list) == true)
    }
    try valid.write(toFile: list, atomically: true, encoding: .utf8)
    living.look()
    #expect(living.problem == nil)
  }

  @Test("A list's name is the hash of its authority in lower case, and a number")
  func names() {
    #expect(["00000000.r0", "9d66eef0.r12"].allSatisfy(RevocationLists.isList))
    for name in [
      "9D66EEF0.r0", "9d66eef0.0", "9d66eef0.r", "9d66eef.r00", "9d66eef0.r٣", "９d66eef0.r0", "9d66eef0.r0.new",
    ] {
      #expect(!RevocationLists.isList(name), "\(name)")
    }
  }

  @Test("The lists for C-core are replaced and repaired, and go with their owner")
  func privateFolder() throws {
    var folder: RevocationFolder? = try RevocationFolder(["00000000.r0": "a", "00000000.r1": "b"])
    let path = try #require(folder?.path)
    func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    #expect(try files() == ["00000000.r0", "00000000.r1"] && folder?.isIntact == true)
    try folder?.replace(by: ["00000000.r0": "c"])
    #expect(try files() == ["00000000.r0"] && folder?.isIntact == true)
    #expect(try FileContents.read(path: "\(path)/00000000.r0") == "c")
    try FileManager.default.removeItem(atPath: path)
    #expect(folder?.isIntact == false)
    try folder?.replace(by: ["00000000.r0": "c"])
    #expect(try files() == ["00000000.r0"] && folder?.isIntact == true)
    folder = nil
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("The folder of a process that has crashed is removed by the next one, and that of a living one stays")
  func leftovers() throws {
    let living = try RevocationFolder(["00000000.r0": "a"])
    let parent = try #require(living.path.range(of: "/coregrpc-crl-").map { living.path[..<$0.lowerBound] })
    let left = "\(parent)/coregrpc-crl-\(UUID().uuidString.prefix(6))"
    // Folders and files that only look like the library's.
    let others = ["\(parent)/coregrpc-crl-\(UUID())", "\(parent)/grpc-crl-\(UUID().uuidString.prefix(6))"]
    for other in others {
      try #require(mkdir(other, 0o711) == 0)
      try "a".write(toFile: "\(other)/00000000.r0", atomically: false, encoding: .utf8)
    }
    defer { for other in others { try? FileManager.default.removeItem(atPath: other) } }
    let lock = try {
      try #require(mkdir(left, 0o711) == 0)
      try "a".write(toFile: "\(left)/00000000.r0", atomically: false, encoding: .utf8)
      return try #require(FolderLock(left))
    }()
    #expect(FolderLock(left) == nil)
    let second = try RevocationFolder(["00000000.r0": "a"])
    #expect(FileManager.default.fileExists(atPath: "\(left)/00000000.r0"))
    withExtendedLifetime(lock) {}
    _ = consume lock
    let third = try RevocationFolder(["00000000.r0": "a"])
    #expect(!FileManager.default.fileExists(atPath: left))
    #expect(others.allSatisfy { FileManager.default.fileExists(atPath: "\($0)/00000000.r0") })
    #expect(living.isIntact && second.isIntact && third.isIntact)
  }

  @Test("A folder that cannot be made anew is reported, and made as soon as it can")
  func unrepairable() async throws {
    let certificates = try await TestCertificates(faulty: true)
    let roots = TrustRoots.certificates(certificates.authority, revocationListsIn: certificates.path("crls"))
    let tls = ChannelCredentials.TLS(trustRoots: roots, identity: nil, serverHostname: nil)
    let subject = try #require(try ChannelCertificates.shared(for: tls))
    let lists = try #require(subject.lists)
    try FileManager.default.removeItem(atPath: lists.path)
    try "in its place".write(toFile: lists.path, atomically: false, encoding: .utf8)
    // The watch may look, too, at the same time: the second look finds the report of one of them.
    for _ in 0..<2 { subject.look() }
    #expect(subject.problem?.contains(lists.path) == true, "\(subject.problem ?? "no problem")")
    try FileManager.default.removeItem(atPath: lists.path)
    subject.look()
    #expect(subject.problem == nil && lists.isIntact)
    // A folder into which others can write may be theirs.
    try #require(chmod(lists.path, 0o777) == 0)
    #expect(!lists.isIntact)
    subject.look()
    #expect(subject.problem?.contains(lists.path) == true, "\(subject.problem ?? "no problem")")
    try #require(chmod(lists.path, 0o711) == 0)
    subject.look()
    #expect(subject.problem == nil && lists.isIntact)
  }

  @Test("A pipe in the place of a file is an error, and blocks no thread")
  func pipe() async throws {
    let certificates = try await TestCertificates()
    let path = certificates.path("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let error = #expect(throws: RuntimeError.self) {
      try Channel(target: "127.0.0.1:1", credentials: .tls(trustRoots: .certificates(.file(path))))
    }
    #expect(error?.message.contains("\(path) cannot be read: it is not a regular file") == true)
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
