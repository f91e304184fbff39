/// How a server protects the connections to one of its addresses, and what it asks of clients.
///
/// ```swift
/// let identity = TLSIdentity(certificateChain: .file("server.pem"), privateKey: .file("server.key"))
/// try server.listen(on: .tcp(host: "0.0.0.0", port: 443), credentials: .tls(identity: identity))
/// ```
public struct ServerCredentials: Sendable, Hashable {
  struct TLS: Sendable, Hashable {
    let identities: [TLSIdentity]
    let clientCertificates: ClientCertificatePolicy
  }

  enum Value: Sendable, Hashable {
    case insecure
    case tls(TLS)
  }

  let value: Value

  /// No protection: plaintext.
  public static var insecure: Self { Self(value: .insecure) }

  /// TLS 1.2 or newer.
  ///
  /// Files that have changed are read again for the next connection. While they are not valid, as between the writing of a
  /// certificate and of its key, the server keeps what it has, and says so in its log.
  ///
  /// - Parameters:
  ///   - identity: What the server shows to its clients.
  ///   - clientCertificates: Whether clients must show a certificate, too (mutual TLS).
  public static func tls(identity: TLSIdentity, clientCertificates: ClientCertificatePolicy = .none) -> Self {
    .tls(identities: [identity], clientCertificates: clientCertificates)
  }

  /// TLS 1.2 or newer, for a server with several names: clients get the identity of the name that they ask for.
  ///
  /// - Parameters:
  ///   - identities: What the server shows; the first one to clients that ask for no name, or for none of these.
  ///   - clientCertificates: Whether clients must show a certificate, too (mutual TLS).
  public static func tls(identities: [TLSIdentity], clientCertificates: ClientCertificatePolicy = .none) -> Self {
    Self(value: .tls(TLS(identities: identities, clientCertificates: clientCertificates)))
  }
}
