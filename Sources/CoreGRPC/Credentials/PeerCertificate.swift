/// The verified certificate of the other end of a TLS connection.
public struct PeerCertificate: Sendable, Hashable {
  /// The subject, as in `CN=worker,O=Example`.
  public var subject: String?

  /// The subject's common name.
  public var commonName: String?

  /// The names, addresses and URIs that the certificate is valid for.
  public var subjectAlternativeNames: [String]

  /// The SPIFFE ID, for instance `spiffe://example.org/worker`: the certificate's only URI, if that is one.
  ///
  /// The certificate is verified against the trust roots of the channel or the server. Whether these are of the ID's
  /// trust domain is not checked.
  public var spiffeID: String?

  /// The certificate in the PEM format.
  public var pem: String

  /// The certificates that the peer has sent, each in the PEM format: its own first, then those of intermediate
  /// authorities.
  ///
  /// The root that vouches for them is in it only where the peer has sent it.
  public var chain: [String]

  /// Creates a description of a certificate, for tests of handlers.
  ///
  /// - Parameters:
  ///   - subject: The subject.
  ///   - commonName: The subject's common name.
  ///   - subjectAlternativeNames: The names, addresses and URIs that the certificate is valid for.
  ///   - spiffeID: The SPIFFE ID.
  ///   - pem: The certificate in the PEM format.
  ///   - chain: The certificates that the peer has sent; `nil` for the certificate alone.
  public init(
    subject: String? = nil,
    commonName: String? = nil,
    subjectAlternativeNames: [String] = [],
    spiffeID: String? = nil,
    pem: String,
    chain: [String]? = nil
  ) {
    self.subject = subject
    self.commonName = commonName
    self.subjectAlternativeNames = subjectAlternativeNames
    self.spiffeID = spiffeID
    self.pem = pem
    self.chain = chain ?? [pem]
  }
}
