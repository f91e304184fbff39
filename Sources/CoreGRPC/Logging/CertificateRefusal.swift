import CGRPC

/// The reasons for which certificates are refused, where C-core reports them.
///
/// In its log and in the status of calls C-core reports the first of OpenSSL's errors. For a certificate that is
/// `certificate verify failed`, whatever the reason, and on whichever side. So this puts an error that names the side
/// and the reason before that one: at the end of the check, on the thread of the handshake, by a function that OpenSSL
/// calls when it frees the context of a check.
///
/// Nothing is decided here, and a check that succeeds is not touched. Nor is one of another user of OpenSSL in this
/// process, as far as it can be told: C-core's connections read from one half of a pair of memory buffers, and leave
/// the check to OpenSSL.
enum CertificateRefusal {
  /// The numbers of our errors in OpenSSL, one for each side that refuses.
  private struct Libraries {
    let client = ERR_get_next_error_library()
    let server = ERR_get_next_error_library()
  }

  private static let libraries = Libraries()

  /// Whether OpenSSL reports the reasons; the first use sets that up.
  static let isReported: Bool = {
    name(libraries.client, "the client refuses the server's certificate")
    name(libraries.server, "the server refuses the client's certificate")
    let index = unsafe CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_X509_STORE_CTX, 0, nil, nil, nil) {
      context,
      _,
      _,
      _,
      _,
      _ in
      guard let context = unsafe context else { return }
      unsafe CertificateRefusal.report(OpaquePointer(context))
    }
    return index >= 0
  }()

  /// Gives OpenSSL the texts of a library's errors, which have the numbers of the results of a check.
  private static func name(_ library: Int32, _ name: StaticString) {
    let reasons = 1..<Int32(128)
    // OpenSSL keeps the entries, and refers to the texts, which are its own or constants: neither is freed.
    let entries = UnsafeMutablePointer<ERR_STRING_DATA>.allocate(capacity: reasons.count + 2)
    // A literal ends with a NUL.
    let text = unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    unsafe entries.initialize(to: ERR_STRING_DATA(error: UInt(cgrpc_pack_openssl_error(library, 0)), string: text))
    for (index, reason) in reasons.enumerated() {
      let text = unsafe X509_verify_cert_error_string(Int(reason))
      let error = UInt(cgrpc_pack_openssl_error(library, reason))
      unsafe (entries + index + 1).initialize(to: ERR_STRING_DATA(error: error, string: text))
    }
    unsafe (entries + reasons.count + 1).initialize(to: ERR_STRING_DATA(error: 0, string: nil))
    unsafe ERR_load_strings(library, entries)
  }

  /// - Parameter context: A check that has ended and is being freed; its result and its connection are still there.
  private static func report(_ context: OpaquePointer) {
    let reason = unsafe X509_STORE_CTX_get_error(context)
    guard
      reason != X509_V_OK,
      let connection = unsafe X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx())
    else { return }
    let ssl = OpaquePointer(connection)
    // With a function to decide, or where nothing is to be checked, the handshake may continue: it must not find an
    // error then.
    guard
      unsafe SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE, unsafe SSL_get_verify_callback(ssl) == nil,
      let buffer = unsafe SSL_get_rbio(ssl), unsafe BIO_method_type(buffer) == BIO_TYPE_BIO
    else { return }
    unsafe cgrpc_raise_openssl_error(SSL_is_server(ssl) != 0 ? libraries.server : libraries.client, reason)
  }
}
