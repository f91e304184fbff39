import CAbseil
import CGRPC
import Glibc

/// One reference on C-core's global state: `grpc_init` now, `grpc_shutdown` when the last holder lets go.
///
/// Whatever owns a C-core object holds one, so that the library outlives all of its objects, as `grpc.h` asks.
final class Library: Sendable {
  init() {
    CoreLog.install()
    _ = Self.quickMutexes
    _ = Self.openSSLWithoutCleanup
    _ = CertificateRefusal.isReported
    grpc_init()
  }

  deinit { grpc_shutdown() }

  /// Debian builds abseil with its debug checks: a seventh of the instructions of a call go to finding lock orders that may
  /// deadlock.
  ///
  /// That is for the developers of C-core; `COREGRPC_MUTEX_DEADLOCK_DETECTION=1` in the environment leaves it on.
  private static let quickMutexes: Void = {
    if let text = getenv("COREGRPC_MUTEX_DEADLOCK_DETECTION"), String(cString: text) == "1" { return }
    cabseil_ignore_mutex_deadlocks()
  }()

  /// OpenSSL shall not clean up when the process exits.
  ///
  /// Threads of C-core may still be using it then, and what it keeps for each of them would be lost. See `OPENSSL_INIT_NO_ATEXIT`
  /// in `OPENSSL_init_crypto(3)`.
  private static let openSSLWithoutCleanup: Void = {
    // Refused only when there is no memory, which OpenSSL's own use would find next.
    _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
  }()

  /// Whether anything in the process still holds C-core.
  static var isInitialized: Bool { grpc_is_initialized() != 0 }

  /// The version of C-core in use, for instance `"29.0.0"` for gRPC 1.51.
  static var coreVersion: String { String(cString: grpc_version_string()) }
}
