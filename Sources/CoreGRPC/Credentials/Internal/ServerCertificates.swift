import CGRPC
import Glibc

/// The certificates that a TLS server shows and asks for in its handshakes, kept up to date with their files.
///
/// C-core asks before every handshake, on a polling thread, and keeps its certificates until it gets new ones. It keeps
/// no count of references: this object must outlive the server's C object.
///
/// One object is for one address. C-core 1.51 replaces the old certificates by new ones under a lock, and then begins
/// the handshake without it. The connections of one socket are accepted one after the other, so no other handshake
/// comes in between.
///
/// An xDS server makes a new security connector for each connection, which has no certificates to keep: it gets them
/// each time, the last valid ones if the files are not valid now.
final class ServerCertificates: Sendable {
  private let tls: ServerCredentials.TLS
  private let files: [String]
  /// Whether each connection asks anew, and keeps nothing.
  private let areForEachConnection: Bool
  private let seen = Locked<[FileContents.Stamp?]?>(nil)
  private let valid: Locked<Texts>

  /// - Parameter areForEachConnection: Whether each connection has C credentials of its own.
  /// - Throws: The problem of the certificates or keys.
  init(_ tls: ServerCredentials.TLS, areForEachConnection: Bool) throws(CredentialsError) {
    if tls.identities.isEmpty {
      throw CredentialsError(message: "there is no TLS identity: a server needs a certificate chain and a private key")
    }
    self.tls = tls
    var sources = tls.identities.flatMap { identity in [identity.certificateChain, identity.privateKey] }
    if let roots = tls.clientCertificates.trustRoots { sources.append(roots) }
    self.files = sources.compactMap { source in if case .file(let path) = source.value { path } else { nil } }
    self.areForEachConnection = areForEachConnection
    self.valid = Locked(try Texts(tls))
  }

  /// Makes server credentials of C-core, which ask this object.
  ///
  /// Balance it with one `grpc_server_credentials_release`.
  func makeCCredentials() -> OpaquePointer? {
    let options = unsafe grpc_ssl_server_credentials_create_options_using_config_fetcher(
      tls.clientCertificates.requestType,
      { context, config in
        guard let context = unsafe context, let config = unsafe config else {
          return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL
        }
        // The pointer of the line below; the owner keeps the object while C-core may call this.
        return unsafe Unmanaged<ServerCertificates>.fromOpaque(context).takeUnretainedValue().fetch(into: config)
      },
      unsafe Unmanaged.passUnretained(self).toOpaque()
    )
    return unsafe grpc_ssl_server_credentials_create_with_options(options)
  }

  private func fetch(
    into config: UnsafeMutablePointer<OpaquePointer?>
  ) -> grpc_ssl_certificate_config_reload_status {
    // Before the files are read: a change meanwhile shows the next time.
    let stamps = files.map { FileContents.Stamp(path: $0) }
    let (isFirst, isNew) = seen.withLock { seen in
      defer { seen = stamps }
      return (seen == nil, seen != stamps)
    }
    if !isNew, !areForEachConnection { return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED }
    if isNew {
      do throws(CredentialsError) {
        let texts = try Texts(tls)
        valid.withLock { $0 = texts }
      } catch {
        CoreGRPCLog.reportOfServer(.error, "the server continues to use its old certificates: \(error.message)")
        // C-core has them, unless it asks for the first time.
        if !isFirst, !areForEachConnection { return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL }
      }
    }
    unsafe config.pointee = unsafe valid.withLock { $0 }.makeConfig()
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW
  }
}

extension ServerCertificates {
  /// Certificates and keys that have been checked.
  private struct Texts {
    private let identities: [PEM.Identity]
    private let roots: String?

    init(_ tls: ServerCredentials.TLS) throws(CredentialsError) {
      identities = try tls.identities.map { (identity) throws(CredentialsError) in try PEM.identity(identity) }
      roots = try tls.clientCertificates.trustRoots.map { (source) throws(CredentialsError) in
        try PEM.certificates(source, "the trust roots for clients")
      }
    }

    /// Makes C-core's form of them, which C-core destroys.
    func makeConfig() -> OpaquePointer? {
      var pairs = unsafe identities.map {
        unsafe grpc_ssl_pem_key_cert_pair(private_key: strdup($0.key), cert_chain: strdup($0.certificateChain))
      }
      // C-core copies the texts.
      defer {
        for index in unsafe pairs.indices {
          unsafe free(UnsafeMutablePointer(mutating: pairs[index].private_key))
          unsafe free(UnsafeMutablePointer(mutating: pairs[index].cert_chain))
        }
      }
      // A server that asks for no certificate needs no roots, but C-core, as Debian builds it, asserts that there are
      // some. So C-core gets certificates that are there anyway.
      guard let roots else {
        return unsafe grpc_ssl_server_certificate_config_create(pairs.first?.cert_chain, &pairs, pairs.count)
      }
      return unsafe grpc_ssl_server_certificate_config_create(roots, &pairs, pairs.count)
    }
  }
}

extension ClientCertificatePolicy {
  var requestType: grpc_ssl_client_certificate_request_type {
    switch value {
    case .none: GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
    case .requested: GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
    case .required: GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
    }
  }
}
