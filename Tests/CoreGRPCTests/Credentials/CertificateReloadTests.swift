import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Reloading certificates", .timeLimit(.minutes(5)))
struct CertificateReloadTests {
  /// Puts a file in the place of another, as certificate managers do.
  private func replace(_ name: String, of certificates: TestCertificates, by text: String) throws {
    try text.write(toFile: certificates.path(name), atomically: true, encoding: .utf8)
  }

  private func error(_ address: ListenAddress, trusting roots: PEMSource) async throws -> RPCError? {
    let channel = try Channel(
      target: address.description,
      credentials: .tls(trustRoots: .certificates(roots))
    )
    return await rpcError { try await channel.echo() }
  }

  @Test("New files are used for new connections, and old connections stay")
  func renewed() async throws {
    let certificates = try await TestCertificates()
    let next = try await TestCertificates()
    let before = PEMSource.text(try certificates.text("ca.pem"))
    try await withTestServer(
      credentials: .tls(identity: certificates.server),
      channelCredentials: .tls(trustRoots: .certificates(before))
    ) { test in
      _ = try await test.call()

      // Between the two writes the key does not belong to the certificate.
      try replace("server.pem", of: certificates, by: next.text("server.pem"))
      #expect(try await error(test.address, trusting: before) == nil)
      try replace("server.key", of: certificates, by: next.text("server.key"))
      #expect(try await error(test.address, trusting: next.authority) == nil)
      #expect(try await error(test.address, trusting: before)?.code == .unavailable)
      _ = try await test.call()
    }
  }

  @Test("A certificate that is not valid is not used", arguments: [nil, "", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
  func spoiled(text: String?) async throws {
    let certificates = try await TestCertificates()
    try await withTestServer(
      credentials: .tls(identity: certificates.server),
      channelCredentials: .tls(trustRoots: certificates.trustRoots)
    ) { test in
      if let text {
        try replace("server.pem", of: certificates, by: text)
      } else {
        try FileManager.default.removeItem(atPath: certificates.path("server.pem"))
      }
      _ = try await test.call()
      #expect(try await error(test.address, trusting: certificates.authority) == nil)
    }
  }

  @Test("The authorities for clients are renewed, too")
  func clientAuthorities() async throws {
    let certificates = try await TestCertificates()
    let next = try await TestCertificates()
    let policy = ClientCertificatePolicy.required(trustRoots: next.authority)
    try await withTestServer(
      credentials: .tls(identity: certificates.server, clientCertificates: policy),
      channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: certificates.client)
    ) { test in
      let refused = await #expect(throws: RPCError.self) { try await test.call() }
      #expect(refused?.code == .unavailable)
      try replace("ca.pem", of: next, by: certificates.text("ca.pem"))
      // Newer engines share the connection of channels with equal credentials, and its pause after a failure.
      var configuration = Channel.Configuration()
      configuration.usesLocalSubchannelPool = true
      let channel = try Channel(
        target: test.address.description,
        credentials: .tls(trustRoots: certificates.trustRoots, identity: certificates.client),
        configuration: configuration
      )
      _ = try await channel.echo()
    }
  }
}
