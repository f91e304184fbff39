import CoreGRPC
import Foundation
import TestSupport
import Testing

/// Bootstrap configurations that cannot be used are errors when the channel is made.
struct XDSBootstrapTests {
  private func problem(_ bootstrap: XDSBootstrap, target: String = "xds:///greeter") -> String? {
    var configuration = Channel.Configuration()
    configuration.xdsBootstrap = bootstrap
    do throws(RuntimeError) {
      _ = try Channel(target: target, configuration: configuration)
      return nil
    } catch {
      #expect(error.code == .invalidArgument)
      return error.message
    }
  }

  @Test(arguments: [
    ("", "is not a JSON object"),
    ("[]", "is not a JSON object"),
    ("{", "is not a JSON object"),
    ("{}", "has no xds_servers"),
    (#"{"xds_servers": []}"#, "has no xds_servers"),
    (#"{"xds_servers": {}}"#, "has no xds_servers"),
    (
      #"{"xds_servers": [{"server_uri": "a"}, {}]}"#,
      "xds_servers[1] of the xDS bootstrap configuration has no server_uri"
    ),
    (#"{"xds_servers": [{"server_uri": 1}]}"#, "has no server_uri"),
  ])
  func `A text that is no configuration`(text: String, expected: String) throws {
    let found = try #require(problem(.json(text)))
    #expect(found.contains("xds:///greeter") && found.contains(expected), "\(found)")
  }

  @Test
  func `A file`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "bootstrap-\(UUID().uuidString).json").path
    let missing = try #require(problem(.file(path)))
    #expect(missing.contains("\(path): No such file or directory"), "\(missing)")
    try #"{"xds_servers": [{"server_uri": "127.0.0.1:1", "channel_creds": [{"type": "insecure"}]}]}"#
      .write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(problem(.file(path)) == nil)
  }

  @Test
  func `Other targets do not read it`() { #expect(problem(.json(""), target: "127.0.0.1:1") == nil) }

  @Test(
    .enabled(
      if: ["GRPC_XDS_BOOTSTRAP", "GRPC_XDS_BOOTSTRAP_CONFIG"].allSatisfy {
        ProcessInfo.processInfo.environment[$0] == nil
      }
    )
  )
  func `The environment without one`() throws {
    let found = try #require(problem(.environment))
    #expect(found.contains("neither GRPC_XDS_BOOTSTRAP nor GRPC_XDS_BOOTSTRAP_CONFIG"), "\(found)")
  }
}
