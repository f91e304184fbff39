/// The source of the bootstrap configuration, which names the xDS control plane.
///
/// The configuration is a JSON object in the format of gRFC A27: `xds_servers`, `node`, and for servers
/// `server_listener_resource_name_template`; for certificates from the control plane `certificate_providers` (gRFC
/// A29).
///
/// Channels and servers with ``environment`` share the clients of the control plane: one in the whole process with gRPC
/// 1.51, one for each target since. C-core keeps a client while a channel or server uses it. With ``file(_:)`` or
/// ``json(_:)`` each channel or server has a client of its own, which loads the control plane more: use these in tests,
/// and where a process has several control planes. `ClientStatusDiscoveryService` reports the shared clients alone.
public struct XDSBootstrap: Sendable, Hashable {
  private enum Value: Sendable, Hashable {
    case environment
    case file(String)
    case json(String)
  }

  private let value: Value

  /// The file that `GRPC_XDS_BOOTSTRAP` names or, if that is not set, the JSON in `GRPC_XDS_BOOTSTRAP_CONFIG`.
  public static var environment: Self { Self(value: .environment) }

  /// A file, which is read when the channel is created or the server listens.
  ///
  /// - Parameter path: The path of the file.
  public static func file(_ path: String) -> Self { Self(value: .file(path)) }

  /// A text.
  ///
  /// - Parameter text: The configuration, a JSON object.
  public static func json(_ text: String) -> Self { Self(value: .json(text)) }

  /// Reads and checks the configuration.
  ///
  /// C-core checks it as well, and reads that of the environment itself. But a channel tells the problem only to its
  /// calls.
  ///
  /// - Throws: The problem, with the source.
  func text() throws(XDSBootstrapError) -> String {
    let (name, text) = try source()
    guard case .object(let object)? = JSONReader.value(of: text) else {
      throw XDSBootstrapError(message: "\(name) is not a JSON object")
    }
    guard case .array(let servers)? = object["xds_servers"], !servers.isEmpty else {
      throw XDSBootstrapError(message: "\(name) has no xds_servers, the list of control planes")
    }
    for (index, server) in servers.enumerated() {
      guard case .object(let server) = server, case .string(let address)? = server["server_uri"], !address.isEmpty
      else {
        throw XDSBootstrapError(message: "xds_servers[\(index)] of \(name) has no server_uri")
      }
    }
    return text
  }

  private func source() throws(XDSBootstrapError) -> (name: String, text: String) {
    switch value {
    case .json(let text): return ("the xDS bootstrap configuration", text)
    case .file(let path): return try Self.read(path, "the xDS bootstrap file \(path)")
    case .environment:
      // In C-core's order.
      if let path = Environment.text("GRPC_XDS_BOOTSTRAP") {
        return try Self.read(path, "the xDS bootstrap file \(path), which GRPC_XDS_BOOTSTRAP names,")
      }
      if let text = Environment.text("GRPC_XDS_BOOTSTRAP_CONFIG") { return ("GRPC_XDS_BOOTSTRAP_CONFIG", text) }
      throw XDSBootstrapError(
        message:
          "there is no xDS bootstrap configuration: neither GRPC_XDS_BOOTSTRAP nor GRPC_XDS_BOOTSTRAP_CONFIG is set"
      )
    }
  }

  private static func read(_ path: String, _ name: String) throws(XDSBootstrapError) -> (name: String, text: String) {
    do throws(CredentialsError) {
      return (name, try FileContents.read(path: path))
    } catch {
      throw XDSBootstrapError(message: "cannot read \(name): \(error.message)")
    }
  }

  /// Sets the channel argument for a client of the control plane of its own.
  ///
  /// C-core documents the argument for tests, because each channel with it loads the control plane anew.
  ///
  /// - Throws: The problem of the configuration.
  func set(in arguments: inout ChannelArguments) throws(XDSBootstrapError) {
    let text = try text()
    if value != .environment { arguments.set("grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config", to: text) }
  }
}

/// The problem of a bootstrap configuration.
struct XDSBootstrapError: Error {
  let message: String
}
