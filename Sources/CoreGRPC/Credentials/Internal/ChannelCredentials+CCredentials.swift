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
    var certificates: ChannelCertificates?
    let credentials: OpaquePointer?
    switch value {
    case .insecure: unsafe credentials = grpc_insecure_credentials_create()
    case .tls(let tls):
      let hasLists = tls.trustRoots.revocationLists != nil
      // C-core takes the lists only with a provider of certificates.
      if hasLists || !tls.files.isEmpty { certificates = try ChannelCertificates.shared(for: tls) }
      if let certificates {
        unsafe credentials = certificates.makeCCredentials()
      } else if hasLists {
        throw CredentialsError(message: "revocation lists need certificates in memory, and the system keeps none")
      } else {
        unsafe credentials = try unsafe ChannelCredentials.TLS.makeCCredentials(tls.readTexts())
      }
    case .alts(let accounts): unsafe credentials = try unsafe Self.altsCCredentials(accounts)
    case .googleDefault: unsafe credentials = try unsafe Self.googleDefaultCCredentials()
    case .local(let connection): unsafe credentials = grpc_local_credentials_create(connection.connectType)
    }
    defer { unsafe grpc_channel_credentials_release(credentials) }
    return unsafe body(credentials, certificates)
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
    guard case .tls(let tls) = value, let name = tls.serverHostname else { return }
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
  static let noALTS = CredentialsError(message: "ALTS is available on machines in Google's cloud only")
}
