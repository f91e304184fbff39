import CoreGRPC
import Foundation
import TestSupport
import Testing

/// A running control plane: see `Python/control_plane.py` for the form of its configurations.
struct ControlPlane: Sendable {
  /// A kind of resource, as the control plane names it.
  enum Resource: String {
    case listener = "Listener"
    case routes = "RouteConfiguration"
    case cluster = "Cluster"
    case endpoints = "ClusterLoadAssignment"
  }

  let process: ChildProcess
  let address: String

  /// Starts a control plane.
  ///
  /// - Parameters:
  ///   - address: The address to listen on. Defaults to a port that the system chooses.
  ///   - config: The first configuration. Defaults to none: no resource exists.
  init(at address: String = "127.0.0.1:0", config: String? = nil) async throws {
    process = try ChildProcess(
      Locations.repository.appending(path: ".venv/bin/python"),
      [Locations.repository.appending(path: "Tests/XDSTests/Python/control_plane.py").path, address],
      environment: ["PYTHONDONTWRITEBYTECODE": "1"]
    )
    let line = await process.line(after: "running... ")
    guard let line else {
      let outcome = await process.outcome()
      throw Failure("the control plane did not start: \(outcome.errors)")
    }
    self.address = line
    if let config { try await set(config) }
  }

  /// Replaces the configuration.
  func set(_ config: String) async throws {
    try process.write(Array("\(config.split(whereSeparator: \.isNewline).joined(separator: " "))\n".utf8))
    try #require(await process.line(after: "SET ") != nil)
  }

  /// Waits until a client refuses a resource.
  ///
  /// - Returns: The version that it keeps, and its reason.
  func refusal(of resource: Resource) async throws -> String {
    try #require(await process.line(after: "NACK \(resource.rawValue) "))
  }

  /// A bootstrap configuration for this control plane.
  ///
  /// - Parameter certificates: The folders' certificates by the names of their providers; each provider has the files
  ///   `NAME.pem`, `NAME.key` and `ca.pem`.
  func bootstrap(certificates: TestCertificates? = nil) -> XDSBootstrap {
    .json(bootstrapText(certificates: certificates))
  }

  /// The control plane as an element of `xds_servers` of a bootstrap configuration.
  var serverText: String {
    #"{"server_uri": "\#(address)", "channel_creds": [{"type": "insecure"}], "server_features": ["xds_v3"]}"#
  }

  func bootstrapText(certificates: TestCertificates? = nil) -> String {
    let providers = certificates.map { certificates in
      ["server", "client"].map { name in
        """
        "\(name)": {"plugin_name": "file_watcher", "config": {
          "certificate_file": "\(certificates.path("\(name).pem"))",
          "private_key_file": "\(certificates.path("\(name).key"))",
          "ca_certificate_file": "\(certificates.path("ca.pem"))", "refresh_interval": "1s"}}
        """
      }
      .joined(separator: ", ")
    }
    return """
      {"xds_servers": [\(serverText)],
       "node": {"id": "test"}, "certificate_providers": {\(providers ?? "")},
       "server_listener_resource_name_template": "grpc/server?xds.resource.listening_address=%s"}
      """
  }

  /// Ends the control plane as a crash would.
  func kill() async {
    process.signal(SIGKILL)
    _ = await process.outcome()
  }

  /// A failure of the test's own parts.
  struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }
}

extension ControlPlane {
  /// The configuration of one service, `greeter`, with one cluster.
  ///
  /// - Parameters:
  ///   - endpoints: The addresses of its servers.
  ///   - service: Further members of the service, each followed by a comma.
  ///   - cluster: Further members of the cluster, each followed by a comma.
  static func service(_ endpoints: [ListenAddress], service: String = "", cluster: String = "") -> String {
    """
    {"services": {"greeter": {\(service) "clusters": {"c": {\(cluster) "localities": [\(locality(endpoints))]}}}}}
    """
  }

  /// One locality of a cluster.
  static func locality(_ endpoints: [ListenAddress], priority: Int = 0, weight: Int = 1) -> String {
    let list = endpoints.map { "[\"127.0.0.1\", \($0.port ?? 0)]" }.joined(separator: ", ")
    return #"{"priority": \#(priority), "weight": \#(weight), "endpoints": [\#(list)]}"#
  }
}
