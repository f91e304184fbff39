/// The protection of the connections to one of a server's addresses, and the certificates that clients need.
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
    case local(LocalConnection)
    case alts
    indirect case xds(fallback: Value)
  }

  let value: Value

  /// No protection: plaintext.
  public static var insecure: Self { Self(value: .insecure) }

  /// TLS 1.2 or newer.
  ///
  /// The server reads files again that have changed, for its next connections. While they are not valid, as between the
  /// writing of a certificate and of its key, it keeps the last valid ones, and ``CoreGRPCLog`` gets an event.
  ///
  /// - Parameters:
  ///   - identity: The server's certificate and key.
  ///   - clientCertificates: The certificates that the server asks of clients (mutual TLS). Defaults to none.
  public static func tls(identity: TLSIdentity, clientCertificates: ClientCertificatePolicy = .none) -> Self {
    .tls(identities: [identity], clientCertificates: clientCertificates)
  }

  /// TLS 1.2 or newer, for a server with several names: a client gets the identity of the name that it asks for.
  ///
  /// - Parameters:
  ///   - identities: The server's certificates and keys. Clients that ask for no name, or for another one, get the
  ///     first.
  ///   - clientCertificates: The certificates that the server asks of clients (mutual TLS). Defaults to none.
  public static func tls(identities: [TLSIdentity], clientCertificates: ClientCertificatePolicy = .none) -> Self {
    Self(value: .tls(TLS(identities: identities, clientCertificates: clientCertificates)))
  }

  /// Google's Application Layer Transport Security, between machines in Google's cloud.
  ///
  /// Elsewhere ``Server/listen(on:credentials:)`` throws.
  ///
  /// This package has no tests of it.
  public static var alts: Self { Self(value: .alts) }

  /// The protection that the xDS control plane chooses for each connection (gRFC A36).
  ///
  /// Where it names certificates, the server speaks TLS with them, and asks clients for certificates if it says so. For
  /// all other connections, and for a server without ``Server/Configuration/xds``, these are the fallback. With
  /// ``insecure`` as the fallback, the control plane decides whether connections are encrypted.
  ///
  /// - Parameter fallback: The protection where the control plane chooses none.
  public static func xds(fallback: ServerCredentials) -> Self { Self(value: .xds(fallback: fallback.value)) }

  /// No encryption, for connections within the machine: C-core refuses a client elsewhere.
  ///
  /// - Parameter connection: The kind of the connections, which must be that of the address. Defaults to Unix domain
  ///   sockets.
  public static func local(_ connection: LocalConnection = .unixDomainSocket) -> Self {
    Self(value: .local(connection))
  }
}
