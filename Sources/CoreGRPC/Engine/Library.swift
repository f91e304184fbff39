import CEngine
import CGRPC
import Glibc

/// One reference to C-core's global state: `grpc_init` now, `grpc_shutdown` when the last holder releases it.
///
/// Each owner of a C-core object holds one, so that the library outlives all of its objects, as `grpc.h` asks.
final class Library: Sendable {
  init() {
    CoreLog.install()
    _ = Self.quickMutexes
    _ = Self.openSSLWithoutCleanup
    _ = Self.interposition
    _ = CertificateRefusal.isReported
    grpc_init()
    CoreLog.restoreVerbosity()
  }

  deinit { grpc_shutdown() }

  /// Switches off abseil's search for lock orders that may deadlock, which takes a seventh of the instructions of a
  /// call.
  ///
  /// Debian builds abseil with its debug checks. That check is for the developers of C-core;
  /// `COREGRPC_MUTEX_DEADLOCK_DETECTION=1` in the environment leaves it on.
  private static let quickMutexes: Void = {
    if Environment.text("COREGRPC_MUTEX_DEADLOCK_DETECTION") == "1" { return }
    cengine_ignore_mutex_deadlocks()
  }()

  /// Keeps OpenSSL from cleaning up when the process exits.
  ///
  /// Threads of C-core may still be using OpenSSL then, and its data for each of them would be lost. See
  /// `OPENSSL_INIT_NO_ATEXIT` in `OPENSSL_init_crypto(3)`.
  private static let openSSLWithoutCleanup: Void = {
    // Refused only without memory, which OpenSSL's own use would find next.
    _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
  }()

  /// Corrects what C-core 1.51 does with the timeouts that it sends, the flags of messages that it receives, and a
  /// policy that ends the process.
  ///
  /// `Interposition.md`, beside the C++ sources in `CEngine`, explains how.
  private static let interposition: Void = {
    if !EnvironmentSwitch.exactTimeouts.isOff { cengine_send_exact_timeouts() }
    if !EnvironmentSwitch.messageFlags.isOff { cengine_mark_unknown_message_flags() }
    if !EngineCapabilities.current.hasRingHash, !EnvironmentSwitch.hideRingHash.isOff { cengine_hide_ring_hash() }
  }()

  /// Whether a holder in the process still has C-core initialized.
  static var isInitialized: Bool { grpc_is_initialized() != 0 }
}
