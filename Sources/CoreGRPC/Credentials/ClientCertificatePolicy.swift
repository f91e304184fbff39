/// The certificates that a TLS server asks of its clients.
///
/// The server verifies every certificate that a client presents. A handler reads it in
/// ``ServerContext/peerCertificate``.
public struct ClientCertificatePolicy: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case none
    case requested(trustRoots: PEMSource)
    case required(trustRoots: PEMSource)
  }

  let value: Value

  /// The server does not ask for a certificate.
  public static var none: Self { Self(value: .none) }

  /// A client may present a certificate.
  ///
  /// - Parameter trustRoots: The authorities that may have signed it. A client with a certificate of another authority
  ///   cannot connect.
  public static func requested(trustRoots: PEMSource) -> Self { Self(value: .requested(trustRoots: trustRoots)) }

  /// A client must present a certificate.
  ///
  /// A client without one cannot connect.
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
