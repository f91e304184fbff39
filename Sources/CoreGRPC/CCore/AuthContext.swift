import CGRPC

/// What C-core knows of the other end of a call's connection.
struct AuthContext: ~Copyable {
  private let handle: OpaquePointer

  /// `nil` if the call has none.
  init?(call: OpaquePointer) {
    guard let handle = grpc_call_auth_context(call) else { return nil }
    self.handle = handle
  }

  deinit { grpc_auth_context_release(handle) }

  /// Tells the connection from others: C-core makes one of these for each, whatever the credentials.
  var connection: ConnectionIdentity { ConnectionIdentity(handle) }

  /// The certificate that the other end has shown.
  var peerCertificate: PeerCertificate? {
    guard let pem = values(GRPC_X509_PEM_CERT_PROPERTY_NAME).first else { return nil }
    return PeerCertificate(
      subject: values(GRPC_X509_SUBJECT_PROPERTY_NAME).first,
      commonName: values(GRPC_X509_CN_PROPERTY_NAME).first,
      subjectAlternativeNames: values(GRPC_X509_SAN_PROPERTY_NAME),
      pem: pem
    )
  }

  private func values(_ name: String) -> [String] {
    // The iterator keeps the name's pointer.
    name.withCString { name in
      var iterator = grpc_auth_context_find_properties_by_name(handle, name)
      var values: [String] = []
      while let property = grpc_auth_property_iterator_next(&iterator)?.pointee {
        values.append(
          String(decoding: UnsafeRawBufferPointer(start: property.value, count: property.value_length), as: UTF8.self)
        )
      }
      return values
    }
  }
}
