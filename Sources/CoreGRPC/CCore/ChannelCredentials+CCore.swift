import CGRPC

extension ChannelCredentials {
  /// Calls `body` with the credentials in C, of which C-core then holds what it needs.
  ///
  /// - Throws: What is wrong with certificates or keys.
  func withCCredentials<Result>(_ body: (OpaquePointer?) -> Result) throws(CredentialsError) -> Result {
    let credentials: OpaquePointer?
    switch value {
    case .insecure: credentials = grpc_insecure_credentials_create()
    case .tls(let tls): credentials = try tls.makeCCredentials()
    }
    defer { grpc_channel_credentials_release(credentials) }
    return body(credentials)
  }

  /// Sets what C-core takes as channel arguments.
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
    let (credentials, log) = CoreLog.capturing { () -> OpaquePointer? in
      // C-core copies the texts while it is called.
      guard let pair else { return grpc_ssl_credentials_create_ex(roots, nil, nil, nil) }
      return pair.key.withCString { key in
        pair.certificateChain.withCString { chain in
          var pair = grpc_ssl_pem_key_cert_pair(private_key: key, cert_chain: chain)
          return grpc_ssl_credentials_create_ex(roots, &pair, nil, nil)
        }
      }
    }
    // It has no other way to say that it cannot use what OpenSSL can read, or that the system has no roots.
    if let complaint = log.split(separator: "\n").first {
      grpc_channel_credentials_release(credentials)
      throw CredentialsError(message: "gRPC cannot use the credentials: \(complaint)")
    }
    return credentials
  }
}
