import CGRPC

extension ChannelCredentials {
  /// Calls `body` with the credentials in C; C-core then holds the parts that it needs.
  ///
  /// - Throws: The problem of the certificates or keys.
  func withCCredentials<Result>(_ body: (OpaquePointer?) -> Result) throws(CredentialsError) -> Result {
    let credentials: OpaquePointer?
    switch value {
    case .insecure: unsafe credentials = grpc_insecure_credentials_create()
    case .tls(let tls): unsafe credentials = try unsafe tls.makeCCredentials()
    case .alts(let accounts): unsafe credentials = try unsafe Self.altsCCredentials(accounts)
    case .googleDefault: unsafe credentials = try unsafe Self.googleDefaultCCredentials()
    case .local(let connection): unsafe credentials = grpc_local_credentials_create(connection.connectType)
    }
    defer { unsafe grpc_channel_credentials_release(credentials) }
    return unsafe body(credentials)
  }

  private static func altsCCredentials(_ accounts: [String]) throws(CredentialsError) -> OpaquePointer {
    let options = unsafe grpc_alts_credentials_client_options_create()
    defer { unsafe grpc_alts_credentials_options_destroy(options) }
    for account in accounts { unsafe grpc_alts_credentials_client_options_add_target_service_account(options, account) }
    let (credentials, _) = unsafe CoreLog.capturing { unsafe grpc_alts_credentials_create(options) }
    guard let credentials = unsafe credentials else { throw .noALTS }
    return unsafe credentials
  }

  private static func googleDefaultCCredentials() throws(CredentialsError) -> OpaquePointer {
    // The log may have the text of the file.
    let (credentials, _) = unsafe CoreLog.capturing { unsafe grpc_google_default_credentials_create(nil) }
    guard let credentials = unsafe credentials else {
      throw CredentialsError(
        message: """
          there are no application default credentials of Google: neither a valid file in \
          GOOGLE_APPLICATION_CREDENTIALS, nor one of gcloud, nor a metadata server
          """
      )
    }
    return unsafe credentials
  }

  /// Sets the parts that C-core takes as channel arguments.
  func set(in arguments: inout ChannelArguments) {
    guard case .tls(let tls) = value, let name = tls.serverHostname else { return }
    arguments.set(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, to: name)
  }
}

extension ChannelCredentials.TLS {
  fileprivate func makeCCredentials() throws(CredentialsError) -> OpaquePointer? {
    var roots: String?
    switch trustRoots.value {
    case .certificates(let source): roots = try PEM.certificates(source, "the trust roots")
    case .systemDefault: try SystemTrustRoots.ofProcess.get()
    }
    let pair = try identity.map { (identity) throws(CredentialsError) in try PEM.identity(identity) }
    let (credentials, log) = unsafe CoreLog.capturing { () -> OpaquePointer? in
      // C-core copies the texts while it is called.
      guard let pair else { return unsafe grpc_ssl_credentials_create_ex(roots, nil, nil, nil) }
      return unsafe pair.key.withCString { key in
        unsafe pair.certificateChain.withCString { chain in
          var pair = unsafe grpc_ssl_pem_key_cert_pair(private_key: key, cert_chain: chain)
          return unsafe grpc_ssl_credentials_create_ex(roots, &pair, nil, nil)
        }
      }
    }
    // C-core reports only in its log that it cannot use credentials that OpenSSL can read, or that the system has no
    // roots.
    if let complaint = log.split(whereSeparator: \.isNewline).first {
      unsafe grpc_channel_credentials_release(credentials)
      throw CredentialsError(message: "gRPC cannot use the credentials: \(complaint)")
    }
    return unsafe credentials
  }
}

extension LocalConnection {
  var connectType: grpc_local_connect_type {
    switch value {
    case .unixDomainSocket: UDS
    case .loopback: LOCAL_TCP
    }
  }
}

extension CredentialsError {
  static let noALTS = CredentialsError(message: "ALTS is available on machines in Google's cloud only")
}
