import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Connections that cannot be made say why", .timeLimit(.minutes(5)))
struct HandshakeErrorTests {
  /// The message of the error that calls end with, without the address that it must have.
  private func message(
    _ server: ServerCredentials,
    _ channel: ChannelCredentials
  ) async throws -> String? {
    let test = try TestServer(credentials: server, channelCredentials: channel)
    let error = await #expect(throws: RPCError.self) { try await test.call() }
    await test.server.shutdown()
    #expect(error?.code == .unavailable)
    let port = try #require(test.address.port)
    #expect(error?.message.contains("ipv4:127.0.0.1:\(port)") == true, "\(error?.message ?? "no error")")
    return error?.message
  }

  @Test("A server's certificate that is refused: the side, the reason, the address")
  func refusedServer() async throws {
    let certificates = try await TestCertificates(faulty: true)
    let strangers = try await TestCertificates()
    for (identity, roots, reason) in [
      (certificates.identity("expired"), certificates.trustRoots, "certificate has expired"),
      (certificates.server, strangers.trustRoots, "unable to get local issuer certificate"),
      (certificates.identity("chainless"), certificates.trustRoots, "unable to get local issuer certificate"),
      // For another purpose.
      (certificates.client, certificates.trustRoots, "unsuitable certificate purpose"),
    ] {
      let message = try await message(.tls(identity: identity), .tls(trustRoots: roots))
      #expect(message?.contains("the client refuses the server's certificate::\(reason)") == true, "\(message ?? "")")
    }
    let elsewhere = try await message(
      .tls(identity: certificates.identity("elsewhere")),
      .tls(trustRoots: certificates.trustRoots)
    )
    #expect(elsewhere?.contains("Peer name 127.0.0.1 is not in peer certificate") == true)
    #expect(elsewhere?.hasSuffix("serverHostname can name one of them)") == true, "\(elsewhere ?? "")")
  }

  @Test("A client's certificate that is missing or refused")
  func refusedClient() async throws {
    let certificates = try await TestCertificates()
    let strangers = try await TestCertificates()
    let server = ServerCredentials.tls(
      identity: certificates.server,
      clientCertificates: .required(trustRoots: certificates.authority)
    )
    let missing = try await message(server, .tls(trustRoots: certificates.trustRoots))
    #expect(missing?.hasSuffix("it may require a client's certificate, see its log)") == true, "\(missing ?? "")")
    let refused = try await message(
      server,
      .tls(trustRoots: certificates.trustRoots, identity: strangers.client)
    )
    #expect(refused?.hasSuffix("it may refuse the client's certificate, see its log)") == true, "\(refused ?? "")")
  }

  @Test("Plaintext and TLS")
  func mixed() async throws {
    let certificates = try await TestCertificates()
    let plaintextClient = try await message(.tls(identity: certificates.server), .insecure)
    #expect(
      plaintextClient?.hasSuffix("it may expect TLS, which this channel does not use)") == true,
      "\(plaintextClient ?? "")"
    )
    let plaintextServer = try await message(.insecure, .tls(trustRoots: certificates.trustRoots))
    #expect(
      plaintextServer?.hasSuffix("(the peer does not speak TLS here, or only old versions of it)") == true,
      "\(plaintextServer ?? "")"
    )
  }

  @Test("Nothing is added to what speaks for itself, nor to what a server says")
  func untouched() {
    let tls = ConnectionFailure(.tls())
    let refused = "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: Connection refused"
    for status in [
      Status(code: .unavailable, message: refused), Status(code: .unavailable, message: "Socket closed"),
      Status(code: .internalError, message: "failed to connect to all addresses; Socket closed"),
    ] {
      #expect(tls.explaining(status) == status)
      #expect(ConnectionFailure(.insecure).explaining(status) == status)
    }
  }

  @Test("After a certificate that was refused others are accepted, on both ends")
  func others() async throws {
    let certificates = try await TestCertificates(faulty: true)
    let strangers = try await TestCertificates()
    // Where a certificate is asked for but not required, and one that is not required.
    try await withTestServer(
      credentials: .tls(
        identity: certificates.server,
        clientCertificates: .requested(trustRoots: certificates.authority)
      ),
      channelCredentials: .tls(trustRoots: certificates.trustRoots, identity: certificates.client)
    ) { test in
      for _ in 0..<10 {
        let stranger = try Channel(
          target: test.address.description,
          credentials: .tls(trustRoots: certificates.trustRoots, identity: strangers.client)
        )
        #expect(await rpcError { try await stranger.echo() }?.code == .unavailable)
        let anonymous = try Channel(
          target: test.address.description,
          credentials: .tls(trustRoots: certificates.trustRoots)
        )
        #expect(try await anonymous.echo().message == [1, 2, 3])
      }
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  @Test("A channel without any trusted authority cannot be created")
  func noTrustRoots() async throws {
    let certificates = try await TestCertificates()
    var roots = SystemTrustRoots { _ in nil }
    #expect(roots.files.contains("/etc/ssl/certs/ca-certificates.crt"))
    #expect(roots.folders.contains("/etc/ssl/certs"))
    let folder = certificates.folder.path
    let nothing = folder + "/nothing"
    try FileManager.default.createDirectory(atPath: nothing, withIntermediateDirectories: false)
    roots.files = [nothing + "/roots.pem"]
    roots.folders = [nothing, "/nonexistent"]
    let error = #expect(throws: CredentialsError.self) { try roots.requireAuthority() }
    #expect(error?.message.contains("no authority is trusted: no certificates are in \(nothing)/roots.pem") == true)
    roots.folders = [nothing, folder]
    try roots.requireAuthority()
    roots.folders = []
    roots.files.append(certificates.path("ca.pem"))
    try roots.requireAuthority()
  }

  @Test("The environment says where the authorities are")
  func environment() {
    let environment = [
      "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": "/roots", "GRPC_SYSTEM_SSL_ROOTS_DIR": "/folder",
      "GRPC_NOT_USE_SYSTEM_SSL_ROOTS": "True",
    ]
    let named = SystemTrustRoots { environment[$0] }
    #expect(named.files == ["/roots", "/usr/share/grpc/roots.pem"] && named.folders.isEmpty)
    let folder = SystemTrustRoots { $0 == "GRPC_SYSTEM_SSL_ROOTS_DIR" ? "/folder" : nil }
    #expect(folder.folders.first == "/folder")
  }
}
