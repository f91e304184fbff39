import CoreGRPC
import Foundation
import TestSupport
import Testing

/// The programs with an xDS control plane.
@Suite("compute-server and compute-client with xDS", .timeLimit(.minutes(1)))
struct XDSProgramTests {
  @Test("The server serves once the control plane has a listener, and the client finds it by name")
  func both() async throws {
    let plane = try ChildProcess(
      Locations.repository.appending(path: ".venv/bin/python"),
      [Locations.repository.appending(path: "Tests/XDSTests/Python/control_plane.py").path],
      environment: ["PYTHONDONTWRITEBYTECODE": "1"]
    )
    let controlPlane = try #require(await plane.line(after: "running... "))
    let bootstrap = """
      {"xds_servers": [{"server_uri": "\(controlPlane)", "channel_creds": [{"type": "insecure"}],
                        "server_features": ["xds_v3"]}], "node": {"id": "test"},
       "server_listener_resource_name_template": "grpc/server?xds.resource.listening_address=%s"}
      """
    let environment = ["GRPC_XDS_BOOTSTRAP_CONFIG": bootstrap]
    let server = try Programs.server(["--xds", "--listen", "127.0.0.1:0"], environment: environment)
    let address = try #require(await server.line(after: "running... "))
    let port = try #require(address.split(separator: ":").last)
    let config = #"""
      {"servers": {"\#(address)": {}}, "services": {"compute": {"clusters": {"c": {"localities":
      [{"endpoints": [["127.0.0.1", \#(port)]]}]}}}}}
      """#
    try plane.write(Array("\(config.split(whereSeparator: \.isNewline).joined(separator: " "))\n".utf8))
    let outcome = try await ChildProcess.run(
      Locations.executable("compute-client"),
      ["--target", "xds:///compute", "--timeout", "30s", "--wait-for-ready", "abc"],
      environment: environment
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("3"), "\(outcome.output)")
    server.signal(SIGTERM)
    #expect(await server.outcome().status == 0)
    try plane.closeInput()
    _ = await plane.outcome()
  }

  @Test("Without a bootstrap configuration both say so")
  func missing() async throws {
    let server = try await ChildProcess.run(
      Locations.executable("compute-server"),
      ["--xds", "--listen", "127.0.0.1:0"]
    )
    #expect(server.status == 1)
    #expect(server.errors.contains("GRPC_XDS_BOOTSTRAP") && server.errors.count { $0 == "\n" } == 1, "\(server.errors)")
    let client = try await ChildProcess.run(
      Locations.executable("compute-client"),
      ["--target", "xds:///compute", "abc"]
    )
    #expect(client.status != 0)
    #expect(client.errors.contains("GRPC_XDS_BOOTSTRAP") && client.errors.count { $0 == "\n" } == 1, "\(client.errors)")
  }
}
