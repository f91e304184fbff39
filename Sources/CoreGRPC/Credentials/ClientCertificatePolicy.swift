/// Whether the clients of a TLS server show a certificate.
///
/// One that they show is verified, always. A handler finds it in ``ServerContext/peerCertificate``.
public struct ClientCertificatePolicy: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case none
    case requested(trustRoots: PEMSource)
    case required(trustRoots: PEMSource)
  }

  let value: Value

  /// The server does not ask for a certificate.
  public static var none: Self { Self(value: .none) }

  /// A client may show a certificate.
  ///
  /// - Parameter trustRoots: The authorities that may have signed it; a client with another one cannot connect.
  public static func requested(trustRoots: PEMSource) -> Self { Self(value: .requested(trustRoots: trustRoots)) }

  /// A client must show a certificate; one without it cannot connect.
  ///
  /// - Parameter trustRoots: The authorities that may have signed it.
  public static func required(trustRoots: PEMSource) -> Self { Self(value: .required(trustRoots: trustRoots)) }

  var trustRoots: PEMSource? {
    switch value {
    case .none: nil
    case .requested(let roots), .required(let roots): roots
    }
  }
}
