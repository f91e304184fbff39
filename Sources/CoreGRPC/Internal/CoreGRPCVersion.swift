/// Versions, for diagnostics.
public enum CoreGRPCVersion {
  /// This library's version.
  public static let current = "0.2.0"

  /// The version of the gRPC C-core that is in use, for instance `29.0.0` for gRPC 1.51.
  public static var core: String { Library.coreVersion }
}
