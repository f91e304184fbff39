import CGRPC

/// Call credentials of C-core's own, released with the last reference.
@safe final class CoreCallCredentials: @unchecked Sendable {
  // Unchecked, because of the handle: C-core's credentials are thread-safe, and live as long as this object.

  let handle: OpaquePointer
  private let library: Library

  /// Takes over the credentials that `make` creates, while C-core is initialized.
  ///
  /// - Throws: `problem`, when `make` returns `nil`. C-core's log has the reason and may have a secret, so it is
  ///   dropped.
  init(orThrow problem: String, _ make: () -> OpaquePointer?) throws(RuntimeError) {
    library = Library()
    let (handle, _) = unsafe CoreLog.capturing { unsafe make() }
    guard let handle = unsafe handle else { throw RuntimeError(code: .invalidCredentials, message: problem) }
    unsafe self.handle = handle
  }

  deinit { unsafe grpc_call_credentials_release(handle) }
}
