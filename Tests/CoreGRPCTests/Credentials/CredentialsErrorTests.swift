import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Credentials that cannot be used", .timeLimit(.minutes(5)))
struct CredentialsErrorTests {
  private struct Case {
    let identity: TLSIdentity
    let problem: String
  }

  private func cases(_ certificates: TestCertificates) async throws -> [Case] {
    func key(_ source: PEMSource) -> TLSIdentity {
      TLSIdentity(certificateChain: certificates.server.certificateChain, privateKey: source)
    }
    func chain(_ source: PEMSource) -> TLSIdentity {
      TLSIdentity(certificateChain: source, privateKey: certificates.server.privateKey)
    }
    let folder = certificates.folder.path
    let certificate = try certificates.text("server.pem")
    let encrypted = certificates.path("encrypted.key")
    let openssl = try await ChildProcess.run(
      URL(filePath: "/usr/bin/openssl"),
      ["ec", "-in", certificates.path("server.key"), "-aes128", "-passout", "pass:secret", "-out", encrypted]
    )
    #expect(openssl.status == 0)
    let weak = TLSIdentity(
      certificateChain: .file(certificates.path("weak.pem")),
      privateKey: .file(certificates.path("weak.key"))
    )
    let made = try await ChildProcess.run(
      URL(filePath: "/usr/bin/openssl"),
      ["req", "-x509", "-newkey", "rsa:512", "-nodes", "-subj", "/CN=weak", "-days", "1"]
        + ["-keyout", certificates.path("weak.key"), "-out", certificates.path("weak.pem")]
    )
    #expect(made.status == 0, "\(made.errors)")
    return [
      Case(identity: chain(.file("/nowhere.pem")), problem: "chain in /nowhere.pem cannot be read: No such file"),
      Case(identity: chain(.file(folder)), problem: "chain in \(folder) cannot be read: Is a directory"),
      Case(identity: chain(.text("")), problem: "chain given as text has no certificate in the PEM format"),
      Case(
        identity: chain(.text(certificate + "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")),
        problem: "certificate 2: bad base64 decode"
      ),
      Case(identity: chain(.text(certificate + "\0")), problem: "NUL"),
      Case(
        identity: chain(certificates.client.certificateChain),
        problem: "the private key in \(certificates.path("server.key")) does not belong to the first certificate in "
          + certificates.path("client.pem")
      ),
      Case(identity: key(.file("/nowhere.key")), problem: "key in /nowhere.key cannot be read: No such file"),
      Case(identity: key(.text(certificate)), problem: "key given as text has no private key in the PEM format"),
      Case(
        identity: key(.file(encrypted)),
        problem: "key in \(encrypted) is encrypted; privateKeyPassword is missing"
      ),
      Case(identity: weak, problem: "chain in \(certificates.path("weak.pem")) cannot be used: ee key too small"),
    ]
  }

  @Test("A server says which file cannot be used, and why")
  func server() async throws {
    let certificates = try await TestCertificates()
    for test in try await cases(certificates) {
      let server = Server(services: [])
      let error = #expect(throws: RuntimeError.self) {
        try server.listen(on: ListenAddress("127.0.0.1:0"), credentials: .tls(identity: test.identity))
      }
      #expect(error?.code == .invalidCredentials)
      #expect(error?.message.contains(test.problem) == true, "\(error?.message ?? "") lacks \(test.problem)")
      await server.shutdown()
    }
    let server = Server(services: [])
    for credentials in [
      .tls(identities: []),
      .tls(identity: certificates.server, clientCertificates: .required(trustRoots: .text("nothing"))),
    ] as [ServerCredentials] {
      let error = #expect(throws: RuntimeError.self) {
        try server.listen(on: ListenAddress("127.0.0.1:0"), credentials: credentials)
      }
      #expect(error?.code == .invalidCredentials)
    }
    await server.shutdown()
  }

  @Test("A channel says which file cannot be used, and why")
  func channel() async throws {
    let certificates = try await TestCertificates()
    for test in try await cases(certificates) {
      let error = #expect(throws: RuntimeError.self) {
        try Channel(
          target: "localhost:1",
          credentials: .tls(trustRoots: certificates.trustRoots, identity: test.identity)
        )
      }
      #expect(error?.code == .invalidCredentials)
      #expect(error?.message.contains(test.problem) == true, "\(error?.message ?? "") lacks \(test.problem)")
    }
    let roots = #expect(throws: RuntimeError.self) {
      try Channel(target: "localhost:1", credentials: .tls(trustRoots: .certificates(.text(""))))
    }
    #expect(roots?.message.contains("the trust roots given as text has no certificate") == true)
  }

  @Test("No description shows a private key")
  func descriptions() async throws {
    let certificates = try await TestCertificates()
    let secret = try certificates.text("server.key")
    let identity = TLSIdentity(certificateChain: .text(secret), privateKey: .text(secret))
    let channel = ChannelCredentials.tls(trustRoots: .certificates(.text(secret)), identity: identity)
    let server = ServerCredentials.tls(
      identity: identity,
      clientCertificates: .required(trustRoots: .text(secret))
    )
    for value in [identity, channel, server] as [Any] {
      var dumped = ""
      dump(value, to: &dumped)
      for text in ["\(value)", String(reflecting: value), dumped] {
        #expect(!text.contains("PRIVATE"))
        #expect(text.contains("PEM text"))
      }
    }
    let error = #expect(throws: RuntimeError.self) { try Channel(target: "localhost:1", credentials: channel) }
    #expect(error?.message.contains("PRIVATE") == false)
  }
}
