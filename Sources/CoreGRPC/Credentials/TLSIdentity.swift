/// What one end of a TLS connection proves to the other who it is with: a certificate and its private key.
public struct TLSIdentity: Sendable, Hashable {
  /// The certificate, and behind it those that lead to an authority's.
  public var certificateChain: PEMSource

  /// The private key of the first certificate, not encrypted.
  public var privateKey: PEMSource

  /// Creates an identity, which is checked when a channel or a server uses it.
  public init(certificateChain: PEMSource, privateKey: PEMSource) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
  }
}
