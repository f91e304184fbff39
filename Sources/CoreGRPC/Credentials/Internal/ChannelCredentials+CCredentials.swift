import CEngine
import CGRPC

extension ChannelCredentials {
  /// Calls `body` with the credentials in C; C-core then holds the parts that it needs.
  ///
  /// - Parameter body: Gets the credentials, and the certificates that the channel must keep.
  /// - Throws: The problem of the certificates or keys.
  func withCCredentials<Result>(
    _ body: (OpaquePointer?, ChannelCertificates?) -> Result
  ) throws(CredentialsError) -> Result {
    let (credentials, certificates) = try unsafe Self.makeCCredentials(value)
    defer { unsafe grpc_channel_credentials_release(credentials) }
    return unsafe body(credentials, certificates)
  }

  /// Makes the credentials in C, to be balanced with one `grpc_channel_credentials_release`.
  private static func makeCCredentials(
    _ value: Value
  ) throws(CredentialsError) -> (OpaquePointer?, ChannelCertificates?) {
    switch value {
    case .insecure: return unsafe (grpc_insecure_credentials_create(), nil)
    case .tls(let tls):
      let hasLists = tls.trustRoots.revocationLists != nil
      // C-core takes the lists only with a provider of certificates.
      if hasLists || !tls.files.isEmpty, let certificates = try ChannelCertificates.shared(for: tls) {
        return unsafe (certificates.makeCCredentials(), certificates)
      }
      if hasLists { throw .noMemoryFiles }
      return unsafe (try TLS.makeCCredentials(tls.readTexts()), nil)
    case .alts(let accounts): return unsafe (try altsCCredentials(accounts), nil)
    case .googleDefault: return unsafe (try googleDefaultCCredentials(), nil)
    case .local(let connection): return unsafe (grpc_local_credentials_create(connection.connectType), nil)
    case .xds(let fallback):
      let (credentials, certificates) = try unsafe makeCCredentials(fallback)
      // C-core takes a reference of its own.
      defer { unsafe grpc_channel_credentials_release(credentials) }
      return unsafe (grpc_xds_credentials_create(credentials), certificates)
    }
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
    let (credentials, _) = unsafe CoreLog.capturing { unsafe cengine_google_default_credentials() }
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
    guard case .tls(let tls) = value.ofFallback, let name = tls.serverHostname else { return }
    arguments.set(GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, to: name)
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
  static let noMemoryFiles = CredentialsError(
    message: "revocation lists need certificates in memory, and the system keeps none"
  )
  static let noALTS = CredentialsError(message: "ALTS is available on machines in Google's cloud only")
}
