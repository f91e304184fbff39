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
    case local(LocalConnection)
    case alts(targetServiceAccounts: [String])
    case googleDefault
    indirect case xds(fallback: Value)
  }

  let value: Value

  /// The credentials of all calls.
  private(set) var callCredentials: CallCredentials?

  private init(value: Value) { self.value = value }

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

  /// No encryption, for connections within the machine: C-core refuses a server elsewhere.
  ///
  /// Over a Unix domain socket these send call credentials.
  ///
  /// - Parameter connection: The kind of the connections, which must be that of the target. Defaults to Unix domain
  ///   sockets.
  public static func local(_ connection: LocalConnection = .unixDomainSocket) -> Self {
    Self(value: .local(connection))
  }

  /// Google's application default credentials: TLS, with tokens for Google's services.
  ///
  /// C-core looks for the key of an account in the file that `GOOGLE_APPLICATION_CREDENTIALS` names, then in that of
  /// `gcloud`, and then asks for the metadata server of Google's cloud, for which creating a channel may wait a second.
  /// If it finds nothing, creating a channel throws. Do not use it for other services than Google's, which could use
  /// the token.
  public static var googleDefault: Self { Self(value: .googleDefault) }

  /// The protection that the xDS control plane chooses for each cluster of servers (gRFC A29).
  ///
  /// For a cluster with certificates these credentials speak TLS, with the certificate providers that the bootstrap
  /// configuration names. For other clusters, and for targets of another scheme than `xds:`, they are the fallback.
  /// With ``insecure`` as the fallback, the control plane decides whether connections are encrypted.
  ///
  /// - Parameter fallback: The protection where the control plane chooses none. Its call credentials are sent in both
  ///   cases.
  public static func xds(fallback: ChannelCredentials) -> Self {
    var credentials = Self(value: .xds(fallback: fallback.value))
    credentials.callCredentials = fallback.callCredentials
    return credentials
  }

  /// Google's Application Layer Transport Security, between machines in Google's cloud.
  ///
  /// Elsewhere creating a channel throws.
  ///
  /// This package has no tests of it.
  ///
  /// - Parameter targetServiceAccounts: The service accounts that the server may have. Defaults to none: any.
  public static func alts(targetServiceAccounts: [String] = []) -> Self {
    Self(value: .alts(targetServiceAccounts: targetServiceAccounts))
  }

  /// Credentials of a channel with credentials that all of its calls send.
  ///
  /// Creating a channel without encryption throws, unless the call credentials allow plaintext. C-core's own calls,
  /// such as those of client-side health checking, do not send them.
  ///
  /// - Parameters:
  ///   - channelCredentials: The protection of the connections.
  ///   - callCredentials: The credentials of the calls, in addition to those that `channelCredentials` have.
  public static func composite(_ channelCredentials: ChannelCredentials, _ callCredentials: CallCredentials...) -> Self
  {
    var composite = channelCredentials
    let former = composite.callCredentials.map { [$0] } ?? []
    composite.callCredentials = .composite(former + callCredentials)
    return composite
  }

  /// Returns the reason for which a channel with these credentials could never connect to a target.
  func problem(withTarget target: String) -> String? {
    guard case .local(.unixDomainSocket) = value.ofFallback, !target.hasPrefix("unix:"),
      !target.hasPrefix("unix-abstract:")
    else {
      return nil
    }
    return "its local credentials are for Unix domain sockets"
  }

  /// Whether the connections have neither encryption nor an equal protection by the system.
  var isPlaintext: Bool {
    switch value.ofFallback {
    case .insecure, .local(.loopback): true
    case .tls, .local, .alts, .googleDefault, .xds: false
    }
  }
}

extension ChannelCredentials.Value {
  /// The value that applies where no control plane chooses another.
  var ofFallback: Self {
    guard case .xds(let fallback) = self else { return self }
    return fallback.ofFallback
  }
}
