import CGRPC

/// The check of the name in a server's certificate, for channels whose certificates are read again.
///
/// The check is C-core's. Its error does not have the name, and this one has, in the words that C-core uses for other
/// channels.
@safe final class HostnameVerifier: @unchecked Sendable {
  // Unchecked, because of the handles: C-core's verifiers are thread-safe, and this one is never freed.

  static let shared = HostnameVerifier()

  /// The verifier for C-core.
  let handle: OpaquePointer

  private init() {
    guard let check = unsafe grpc_tls_certificate_verifier_host_name_create() else {
      preconditionFailure("C-core makes no verifier")
    }
    let external = UnsafeMutablePointer<grpc_tls_certificate_verifier_external>.allocate(capacity: 1)
    unsafe external.initialize(
      to: grpc_tls_certificate_verifier_external(
        user_data: UnsafeMutableRawPointer(check),
        verify: { check, request, _, _, code, details in
          guard
            let check = unsafe check, let request = unsafe request, let code = unsafe code, let details = unsafe details
          else { preconditionFailure("C-core asks for a check without a request") }
          var ownDetails: UnsafeMutablePointer<CChar>?
          _ = unsafe grpc_tls_certificate_verifier_verify(OpaquePointer(check), request, nil, nil, code, &ownDetails)
          defer { unsafe gpr_free(ownDetails) }
          guard unsafe code.pointee != GRPC_STATUS_OK else { return 1 }
          let name = unsafe request.pointee.target_name.map { unsafe String(cString: $0) } ?? ""
          unsafe details.pointee = "Peer name \(name) is not in peer certificate".withCString { unsafe gpr_strdup($0) }
          return 1
        },
        cancel: { _, _ in },
        destruct: { _ in }
      )
    )
    guard let handle = unsafe grpc_tls_certificate_verifier_external_create(external) else {
      preconditionFailure("C-core makes no verifier")
    }
    unsafe self.handle = handle
  }
}
