import CGRPC

/// C-core's data about the other end of a call's connection.
@safe struct AuthContext: ~Copyable {
  // Safe, because this value alone holds the reference that the handle counts, and `deinit` releases it.

  private let handle: OpaquePointer

  /// Creates the context of a call; `nil` if it has none.
  init?(call: OpaquePointer) {
    guard let handle = unsafe grpc_call_auth_context(call) else { return nil }
    unsafe self.handle = handle
  }

  deinit { unsafe grpc_auth_context_release(handle) }

  /// The identity of the connection: C-core makes one context for each connection, whatever the credentials.
  var connection: ConnectionIdentity { unsafe ConnectionIdentity(handle) }

  /// Returns an object that keeps the context, so that ``connection`` stays its own.
  static func keeper(of call: OpaquePointer) -> any AnyObject & Sendable { unsafe Keeper(AuthContext(call: call)) }

  private final class Keeper: @unchecked Sendable {
    // Unchecked: C-core counts the references to a context atomically, and nothing else is done with this one.
    private let context: AuthContext?

    init(_ context: consuming AuthContext?) { self.context = context }
  }

  /// The certificate that the other end has shown.
  var peerCertificate: PeerCertificate? {
    guard let pem = values(GRPC_X509_PEM_CERT_PROPERTY_NAME).first else { return nil }
    return PeerCertificate(
      subject: values(GRPC_X509_SUBJECT_PROPERTY_NAME).first,
      commonName: values(GRPC_X509_CN_PROPERTY_NAME).first,
      subjectAlternativeNames: values(GRPC_X509_SAN_PROPERTY_NAME),
      spiffeID: values(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME).first,
      pem: pem,
      chain: chain(of: pem)
    )
  }

  /// Returns the certificates that the other end has sent, its own first.
  ///
  /// On a server, OpenSSL leaves the peer's own certificate out, and BoringSSL does not.
  private func chain(of certificate: String) -> [String] {
    let end = "-----END CERTIFICATE-----"
    let texts = values(GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME).flatMap { text in
      text.split(separator: end).map { $0.drop { $0.isNewline } }.filter { !$0.isEmpty }
    }
    let chain = texts.map { "\($0)\(end)\n" }
    return chain.first == certificate ? chain : [certificate] + chain
  }

  /// The values of a property.
  func values(_ name: String) -> [String] {
    // The iterator keeps the name's pointer.
    unsafe name.withCString { name in
      var iterator = unsafe grpc_auth_context_find_properties_by_name(handle, name)
      var values: [String] = []
      while let property = unsafe grpc_auth_property_iterator_next(&iterator)?.pointee {
        unsafe values.append(
          String(decoding: UnsafeRawBufferPointer(start: property.value, count: property.value_length), as: UTF8.self)
        )
      }
      return values
    }
  }
}
