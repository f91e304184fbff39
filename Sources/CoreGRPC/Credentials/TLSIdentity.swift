/// The certificate and the private key by which one end of a TLS connection proves its identity.
public struct TLSIdentity: Sendable, Hashable {
  /// The certificate, followed by those that lead to an authority's.
  public var certificateChain: PEMSource

  /// The private key of the first certificate, without a password.
  public var privateKey: PEMSource

  /// Creates an identity, which a channel or a server checks when it uses it.
  ///
  /// - Parameters:
  ///   - certificateChain: The certificate, followed by those that lead to an authority's.
  ///   - privateKey: The private key of the first certificate, without a password.
  public init(certificateChain: PEMSource, privateKey: PEMSource) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
  }
}
