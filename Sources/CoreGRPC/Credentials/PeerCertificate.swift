/// The verified certificate of the other end of a TLS connection.
public struct PeerCertificate: Sendable, Hashable {
  /// The subject, as in `CN=worker,O=Example`.
  public var subject: String?

  /// The subject's common name.
  public var commonName: String?

  /// The names, addresses and URIs that the certificate is valid for.
  public var subjectAlternativeNames: [String]

  /// The certificate in the PEM format.
  public var pem: String
}
