/// How a channel protects its connections, and whom it trusts.
///
/// ```swift
/// let channel = try Channel(target: "greeter.example:443", credentials: .tls())
/// ```
public struct ChannelCredentials: Sendable, Hashable {
  struct TLS: Sendable, Hashable {
    let trustRoots: TrustRoots
    let identity: TLSIdentity?
    let serverHostname: String?
  }

  enum Value: Sendable, Hashable {
    case insecure
    case tls(TLS)
  }

  let value: Value

  /// No protection: plaintext, and whoever answers is taken for the server.
  public static var insecure: Self { Self(value: .insecure) }

  /// TLS 1.2 or newer, with a server whose certificate must be valid for the target's host name.
  ///
  /// - Parameters:
  ///   - trustRoots: The authorities that may have signed the server's certificate.
  ///   - identity: What the client shows to a server that asks for a certificate (mutual TLS).
  ///   - serverHostname: The name that the server's certificate must be valid for instead of the target's; it is also
  ///     the authority that calls name to the server. For tests, and for targets that have no name, as `unix:`.
  public static func tls(
    trustRoots: TrustRoots = .systemDefault,
    identity: TLSIdentity? = nil,
    serverHostname: String? = nil
  ) -> Self {
    Self(value: .tls(TLS(trustRoots: trustRoots, identity: identity, serverHostname: serverHostname)))
  }
}
