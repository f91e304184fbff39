import Glibc

/// The places where C-core looks for the authorities that a client trusts by default.
///
/// C-core looks once in a process. If it finds nothing, it makes no connection, and reports that in its log alone. See
/// `DefaultSslRootStore::ComputePemRootCerts` in `ssl_utils.cc` and `load_system_roots_supported.cc`.
struct SystemTrustRoots: Sendable {
  /// The files, of which the first that can be read counts.
  var files: [String]
  /// The folders, all of whose files count.
  var folders: [String]

  /// Finds the places for a process.
  ///
  /// - Parameter variable: Reads a variable of the environment.
  init(environment variable: (String) -> String?) {
    files = []
    folders = []
    func add(_ name: String, to list: inout [String]) {
      if let path = variable(name), !path.isEmpty { list.append(path) }
    }
    add("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", to: &files)
    if !["1", "t", "true", "y", "yes"].contains(variable("GRPC_NOT_USE_SYSTEM_SSL_ROOTS")?.lowercased()) {
      add("GRPC_SYSTEM_SSL_ROOTS_DIR", to: &folders)
      files += [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
      ]
      folders += [
        "/etc/ssl/certs", "/system/etc/security/cacerts", "/usr/local/share/certs", "/etc/pki/tls/certs",
        "/etc/openssl/certs",
      ]
    }
    // C-core's own file, which Debian's package of C-core has.
    files.append("/usr/share/grpc/roots.pem")
  }

  /// Checks that there is an authority in one of the places.
  func requireAuthority() throws(CredentialsError) {
    for file in files where (try? FileContents.read(path: file))?.contains("-----BEGIN ") == true { return }
    for folder in folders where Self.hasFiles(folder) { return }
    throw CredentialsError(
      message: """
        no authority is trusted: no certificates are in \((files + folders).joined(separator: ", ")). Install the package \
        ca-certificates, name a file in GRPC_DEFAULT_SSL_ROOTS_FILE_PATH, or give the channel trustRoots of its own
        """
    )
  }

  /// The result of the check for this process: as in C-core, the first check is final.
  static let ofProcess = Result { () throws(CredentialsError) in
    try SystemTrustRoots(environment: Environment.text).requireAuthority()
  }

  private static func hasFiles(_ folder: String) -> Bool {
    guard let stream = unsafe opendir(folder) else { return false }
    defer { unsafe closedir(stream) }
    while let entry = unsafe readdir(stream) {
      // C-core takes every regular file for a list of certificates, also one that a link leads to.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      var status = stat()
      if unsafe stat("\(folder)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 {
        return true
      }
    }
    return false
  }
}
