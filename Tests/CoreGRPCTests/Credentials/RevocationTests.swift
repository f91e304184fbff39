import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Revoked certificates", .timeLimit(.minutes(5)))
struct RevocationTests {
  @Test("A channel with the authority's list refuses a revoked certificate alone", arguments: [true, false])
  func revoked(inFiles: Bool) async throws {
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

  @Test("A folder without lists is an error: C-core would check nothing")
  func noLists() async throws {
    let certificates = try await TestCertificates()
    func message(_ folder: String) -> String? {
      let roots = TrustRoots.certificates(certificates.authority, revocationListsIn: folder)
      let error = #expect(throws: RuntimeError.self) {
        try Channel(target: "127.0.0.1:1", credentials: .tls(trustRoots: roots))
      }
      #expect(error?.code == .invalidCredentials)
      return error?.message
    }
    let missing = certificates.path("missing")
    #expect(message(missing)?.hasSuffix("in \(missing) cannot be read: No such file or directory") == true)
    #expect(
      message(certificates.folder.path)?.contains("there is no revocation list in \(certificates.folder.path)") == true
    )
  }
}
