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

  /// The folder of the authorities' revocation lists; `nil` for none.
  var revocationLists: String?

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

  /// Returns this policy with lists of revoked certificates: a client with one of these cannot connect.
  ///
  /// The lists are those of ``TrustRoots/certificates(_:revocationListsIn:)``. A server with lists has one identity. It
  /// looks at its files and at the folder every second, as a channel does, and C-core gets what has changed within
  /// another second. ``Server/listen(on:credentials:)`` throws if the folder has no list, or one that cannot be read,
  /// or the server has several identities.
  ///
  /// For ``none`` there is nothing to check.
  ///
  /// - Parameter folder: The path of the folder with the lists.
  public func checkingRevocation(byListsIn folder: String) -> Self {
    Self(value: value, revocationLists: folder)
  }

  /// The authorities that may have signed a client's certificate; `nil` if the server does not ask for one.
  var trustRoots: PEMSource? {
    switch value {
    case .none: nil
    case .requested(let roots), .required(let roots): roots
    }
  }
}
