package import CoreGRPC
import Foundation

/// The folder of the certificates that `scripts/make-test-certificates` makes for the interop programs.
package struct TestCertificateFolder: Sendable {
  private let path: String

  /// The folder named by `COREGRPC_TEST_CERTIFICATES`, or `test-certificates` beside the build or in it.
  ///
  /// - Throws: If there is none, with the command that makes one.
  package init() throws(RPCError) {
    var candidates: [String] = []
    if let path = ProcessInfo.processInfo.environment["COREGRPC_TEST_CERTIFICATES"] {
      candidates = [path]
    } else {
      candidates = [".build/test-certificates"]
      // From .build/debug, which is a link, or from .build/x86_64-unknown-linux-gnu/debug.
      let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
      var folder = URL(filePath: program)
      for _ in 1...3 {
        folder.deleteLastPathComponent()
        candidates.append(folder.appending(path: "test-certificates").path)
      }
    }
    guard let path = candidates.first(where: { FileManager.default.fileExists(atPath: "\($0)/ca.pem") }) else {
      throw RPCError(
        code: .notFound,
        message: "there are no test certificates: run scripts/make-test-certificates \(candidates[0])"
      )
    }
    self.path = path
  }

  /// The test authority's certificate.
  package var authority: PEMSource { .file("\(path)/ca.pem") }

  /// The test server's identity.
  package var server: TLSIdentity {
    TLSIdentity(certificateChain: .file("\(path)/server.pem"), privateKey: .file("\(path)/server.key"))
  }
}
