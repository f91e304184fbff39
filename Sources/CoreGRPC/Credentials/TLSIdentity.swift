/// The certificate and the private key by which one end of a TLS connection proves its identity.
public struct TLSIdentity: Sendable, Hashable {
  /// The certificate, followed by those that lead to an authority's.
  public var certificateChain: PEMSource

  /// The private key of the first certificate.
  public var privateKey: PEMSource

  /// The password of an encrypted private key; `nil` for a key without one.
  public var privateKeyPassword: String?

  /// Creates an identity, which a channel or a server checks when it uses it.
  ///
  /// - Parameters:
  ///   - certificateChain: The certificate, followed by those that lead to an authority's.
  ///   - privateKey: The private key of the first certificate.
  ///   - privateKeyPassword: The password of an encrypted private key. Defaults to none.
  public init(certificateChain: PEMSource, privateKey: PEMSource, privateKeyPassword: String? = nil) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
    self.privateKeyPassword = privateKeyPassword
  }
}

extension TLSIdentity: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The sources of the certificates and the key.
  public var description: String { "\(certificateChain), \(privateKey)" }

  /// The same as the description.
  public var debugDescription: String { description }

  /// A mirror without the password.
  public var customMirror: Mirror {
    Mirror(self, children: ["certificateChain": certificateChain, "privateKey": privateKey])
  }
}
