import CGRPC

/// Credentials that C-core implements. They are for encrypted connections only.
extension CallCredentials {
  /// Tokens of the default service account of a machine in Google's cloud, from its metadata server.
  ///
  /// Send them to Google's services only: another service could use the token.
  public static var googleComputeEngine: Self {
    get throws(RuntimeError) {
      try unsafe Self(core: "the credentials of Compute Engine are not available") {
        unsafe grpc_google_compute_engine_credentials_create(nil)
      }
    }
  }

  /// Tokens (JWT) that a Google service account's key signs, without a request to a server.
  ///
  /// A token is for one service: its audience is the address that the channel connects to.
  ///
  /// - Parameters:
  ///   - key: The key, in the JSON format in which Google hands it out.
  ///   - tokenLifetime: The time for which a token is valid. Defaults to an hour, which is the longest.
  /// - Throws: ``RuntimeError``, when the key is not valid.
  public static func serviceAccountJWT(
    key: String,
    tokenLifetime: Duration = .seconds(3600)
  ) throws(RuntimeError) -> Self {
    let seconds = max(1, min(tokenLifetime, .seconds(3600)).components.seconds)
    let span = gpr_timespec(tv_sec: seconds, tv_nsec: 0, clock_type: GPR_TIMESPAN)
    return try unsafe Self(core: "the key of the service account is not valid") {
      unsafe grpc_service_account_jwt_access_credentials_create(key, span, nil)
    }
  }

  /// Tokens that Google's OAuth 2 service returns for a refresh token.
  ///
  /// Send them to Google's services only: another service could use the token.
  ///
  /// - Parameter json: The refresh token with `client_id` and `client_secret`, in the JSON format of `gcloud`.
  /// - Throws: ``RuntimeError``, when the JSON is not valid.
  public static func googleRefreshToken(_ json: String) throws(RuntimeError) -> Self {
    try unsafe Self(core: "the refresh token is not valid") {
      unsafe grpc_google_refresh_token_credentials_create(json, nil)
    }
  }

  /// Tokens for an identity outside Google's cloud (workload identity federation).
  ///
  /// - Parameters:
  ///   - json: The configuration that `gcloud` writes.
  ///   - scopes: The scopes of the tokens. Defaults to all of Google's cloud.
  /// - Throws: ``RuntimeError``, when the JSON is not valid.
  public static func externalAccount(
    _ json: String,
    scopes: [String] = ["https://www.googleapis.com/auth/cloud-platform"]
  ) throws(RuntimeError) -> Self {
    try unsafe Self(core: "the configuration of the external account is not valid") {
      unsafe grpc_external_account_credentials_create(json, scopes.joined(separator: ","))
    }
  }

  /// A token of Google's identity and access management.
  ///
  /// - Parameters:
  ///   - token: The token.
  ///   - authoritySelector: The selector of the authority.
  public static func googleIAM(token: String, authoritySelector: String) -> Self {
    var metadata = Metadata()
    metadata.addString(token, forKey: "x-goog-iam-authorization-token")
    metadata.addString(authoritySelector, forKey: "x-goog-iam-authority-selector")
    return .metadata(metadata)
  }

  /// Tokens that a security token service returns for a token in a file (RFC 8693).
  ///
  /// C-core fetches a token when a call needs one, and keeps it until shortly before it expires.
  ///
  /// - Parameter exchange: The service and the tokens.
  /// - Throws: ``RuntimeError``, when the service's address is not valid.
  public static func tokenExchange(_ exchange: TokenExchange) throws(RuntimeError) -> Self {
    let service = exchange.service
    return try unsafe Self(core: "the token exchange with \(service.debugDescription) is not valid") {
      unsafe exchange.withCOptions { unsafe grpc_sts_credentials_create($0, nil) }
    }
  }

  private init(core problem: String, _ make: () -> OpaquePointer?) throws(RuntimeError) {
    let core = try unsafe CoreCallCredentials(orThrow: problem, make)
    self.init(parts: [Part(.core(core), allowsPlaintext: false)])
  }
}

extension CallCredentials {
  /// A security token service, with the tokens that it exchanges (RFC 8693).
  ///
  /// C-core puts the texts into a form without encoding them (`application/x-www-form-urlencoded`): encode what needs
  /// it.
  public struct TokenExchange: Sendable, Hashable {
    /// The address of the service, which begins with `https://` or `http://`.
    public var service: String

    /// The path of the file with the caller's token.
    ///
    /// C-core reads it for each exchange.
    public var subjectTokenPath: String

    /// The type of the caller's token, for instance `urn:ietf:params:oauth:token-type:jwt`.
    public var subjectTokenType: String

    /// The address of the service for which the new token is.
    ///
    /// Defaults to none.
    public var resource: String?

    /// The name of the service for which the new token is.
    ///
    /// Defaults to none.
    public var audience: String?

    /// The scopes of the new token.
    ///
    /// Defaults to none.
    public var scope: String?

    /// The type of the new token.
    ///
    /// Defaults to the service's choice.
    public var requestedTokenType: String?

    /// The path of the file with the token of the party that acts for the caller.
    ///
    /// Defaults to none.
    public var actorTokenPath: String?

    /// The type of the acting party's token.
    ///
    /// Defaults to none.
    public var actorTokenType: String?

    /// Creates an exchange without its optional parts.
    ///
    /// - Parameters:
    ///   - service: The address of the service.
    ///   - subjectTokenPath: The path of the file with the caller's token.
    ///   - subjectTokenType: The type of the caller's token.
    public init(service: String, subjectTokenPath: String, subjectTokenType: String) {
      self.service = service
      self.subjectTokenPath = subjectTokenPath
      self.subjectTokenType = subjectTokenType
    }

    fileprivate func withCOptions<Result>(
      _ body: (UnsafePointer<grpc_sts_credentials_options>) -> Result
    ) -> Result {
      let texts = [
        service, resource, audience, scope, requestedTokenType, subjectTokenPath, subjectTokenType, actorTokenPath,
        actorTokenType,
      ]
      // C-core copies the texts. An empty one counts as none, and gRPC 1.85 reads from NULL where a text is missing.
      let copies = unsafe texts.map { text in unsafe gpr_strdup(text ?? "") }
      defer { for index in unsafe copies.indices { unsafe gpr_free(copies[index]) } }
      var options = unsafe grpc_sts_credentials_options(
        token_exchange_service_uri: copies[0],
        resource: copies[1],
        audience: copies[2],
        scope: copies[3],
        requested_token_type: copies[4],
        subject_token_path: copies[5],
        subject_token_type: copies[6],
        actor_token_path: copies[7],
        actor_token_type: copies[8]
      )
      return unsafe body(&options)
    }
  }
}
