public import CoreGRPC
public import Foundation

/// Certificates of an authority of a test's own, in a folder that goes with this object.
public final class TestCertificates: Sendable {
  /// The folder.
  public let folder: URL

  /// Makes them.
  ///
  /// - Parameter faulty: Whether to make also those of servers that are to be refused: `expired`, `elsewhere`,
  ///   `chainless`, `revoked`; and `chained`, a client's with an intermediate authority.
  public init(faulty: Bool = false) async throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID().uuidString)")
    let script = Locations.repository.appending(path: "scripts/make-test-certificates")
    let outcome = try await ChildProcess.run(script, [folder.path] + (faulty ? ["--faulty"] : []))
    precondition(outcome.status == 0, "no test certificates: \(outcome.errors)")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The path of a file in the folder.
  public func path(_ name: String) -> String { folder.appending(path: name).path }

  /// The text of a file in the folder.
  public func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  /// The authority's certificate.
  public var authority: PEMSource { .file(path("ca.pem")) }

  /// Trust in the authority alone.
  public var trustRoots: TrustRoots { .certificates(authority) }

  /// The identity of a server: it is valid for localhost, 127.0.0.1 and `*.test.google.fr`.
  public var server: TLSIdentity {
    TLSIdentity(certificateChain: .file(path("server.pem")), privateKey: .file(path("server.key")))
  }

  /// Returns the identity of a server that clients must refuse.
  public func identity(_ name: String) -> TLSIdentity {
    TLSIdentity(certificateChain: .file(path(name + ".pem")), privateKey: .file(path(name + ".key")))
  }

  /// The identity of a client: its common name is `test-client`.
  public var client: TLSIdentity {
    TLSIdentity(certificateChain: .file(path("client.pem")), privateKey: .file(path("client.key")))
  }
}
