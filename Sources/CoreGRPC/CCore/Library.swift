import CGRPC

/// One reference on C-core's global state: `grpc_init` now, `grpc_shutdown` when the last holder lets go.
///
/// Whatever owns a C-core object holds one, so that the library outlives all of its objects, as `grpc.h` asks.
final class Library: Sendable {
  init() {
    CoreLog.install()
    grpc_init()
  }

  deinit { grpc_shutdown() }

  /// Whether anything in the process still holds C-core.
  static var isInitialized: Bool { grpc_is_initialized() != 0 }

  /// The version of C-core in use, for instance `"29.0.0"` for gRPC 1.51.
  static var coreVersion: String { String(cString: grpc_version_string()) }
}
