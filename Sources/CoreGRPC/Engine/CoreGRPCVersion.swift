/// Versions, for diagnostics.
public enum CoreGRPCVersion {
  /// This library's version.
  public static let current = "0.2.0"

  /// The version of the gRPC C-core that is in use, for instance `29.0.0` for gRPC 1.51.
  public static var core: String { EngineCapabilities.current.version }

  /// The engine in words: the version of the gRPC C-core that is in use, and the file that it was loaded from.
  public static var engine: String { "gRPC C-core \(core) (\(EngineCapabilities.file))" }
}
