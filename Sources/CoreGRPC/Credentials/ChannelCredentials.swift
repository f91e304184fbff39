/// The protection of a channel's connections, and the servers that it trusts.
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

  /// No protection: plaintext, without a check of the server's identity.
  public static var insecure: Self { Self(value: .insecure) }

  /// TLS 1.2 or newer, with a server whose certificate is valid for the target's host name.
  ///
  /// - Parameters:
  ///   - trustRoots: The authorities that may have signed the server's certificate. Defaults to the system's.
  ///   - identity: The certificate and key for a server that asks for a certificate (mutual TLS). Defaults to `nil`:
  ///     none.
  ///   - serverHostname: The name for which the server's certificate must be valid. It is also the authority of the
  ///     channel's calls. Defaults to `nil`: the target's. Set it in tests, and for targets without a name, such as
  ///     `unix:`.
  public static func tls(
    trustRoots: TrustRoots = .systemDefault,
    identity: TLSIdentity? = nil,
    serverHostname: String? = nil
  ) -> Self {
    Self(value: .tls(TLS(trustRoots: trustRoots, identity: identity, serverHostname: serverHostname)))
  }
}
