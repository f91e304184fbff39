import CGRPC

/// PEM text, read and checked before C-core gets it.
///
/// C-core's own complaints come late, or never (the channel does not connect), and name neither a file nor a reason.
/// OpenSSL, which C-core uses, too, names both.
enum PEM {
  /// The texts of an identity.
  struct Identity: Sendable, Hashable {
    let certificateChain: String
    /// The key, without a password.
    let key: String

    /// Both in one text.
    var text: String { "\(key)\n\(certificateChain)" }
  }

  /// Returns the text of a list of certificates, which has at least one and none that cannot be read.
  ///
  /// - Parameter what: The purpose of the certificates, as in "the trust roots".
  static func certificates(_ source: PEMSource, _ what: String) throws(CredentialsError) -> String {
    let text = try read(source, what)
    _ = try certificates(of: text, "\(what) \(source.phrase)")
    return text
  }

  /// Returns the texts of an identity whose key belongs to its certificate, and which OpenSSL uses for connections.
  static func identity(_ identity: TLSIdentity) throws(CredentialsError) -> Identity {
    let chain = try read(identity.certificateChain, "the certificate chain")
    let chainName = "the certificate chain \(identity.certificateChain.phrase)"
    let certificates = try certificates(of: chain, chainName)
    let keyText = try read(identity.privateKey, "the private key")
    let name = "the private key \(identity.privateKey.phrase)"
    let key = try privateKey(of: keyText, password: identity.privateKeyPassword, name)
    guard certificates[0].belongs(to: key) else {
      let owner = "the first certificate \(identity.certificateChain.phrase)"
      throw CredentialsError(message: "\(name) does not belong to \(owner)")
    }
    if let reason = key.refusal(with: certificates) {
      throw CredentialsError(message: "\(chainName) cannot be used: \(reason)")
    }
    return Identity(certificateChain: chain, key: key.text ?? keyText)
  }

  /// Checks a text with lists of revoked certificates: it has at least one, and none that cannot be read.
  static func checkRevocationLists(of text: String, _ name: String) throws(CredentialsError) {
    // OpenSSL reads lines of a file up to a NUL.
    if text.utf8.contains(0) { throw CredentialsError(message: "\(name) has a NUL character") }
    let reader = Reader(text)
    var count = 0
    while reader.skipRevocationList() { count += 1 }
    if let reason = reader.failure { throw CredentialsError(message: "\(name) cannot be read: \(reason)") }
    if count == 0 { throw CredentialsError(message: "\(name) has no list in the PEM format") }
  }

  private static func read(_ source: PEMSource, _ what: String) throws(CredentialsError) -> String {
    let text: String
    switch source.value {
    case .text(let given): text = given
    case .file(let path):
      do {
        text = try FileContents.read(path: path)
      } catch {
        throw CredentialsError(message: "\(what) \(source.phrase) cannot be read: \(error.message)")
      }
    }
    // For C-core the text ends at a NUL.
    if text.utf8.contains(0) { throw CredentialsError(message: "\(what) \(source.phrase) has a NUL character") }
    return text
  }

  /// Returns the certificates of a text, of which there is at least one.
  private static func certificates(of text: String, _ name: String) throws(CredentialsError) -> [Certificate] {
    let reader = Reader(text)
    var all: [Certificate] = []
    // Adopting balances the reference that OpenSSL made.
    while let handle = unsafe reader.nextCertificate() { all.append(unsafe Certificate(adopting: handle)) }
    if let reason = reader.failure {
      throw CredentialsError(message: "\(name) cannot be read: certificate \(all.count + 1): \(reason)")
    }
    if all.isEmpty { throw CredentialsError(message: "\(name) has no certificate in the PEM format") }
    return all
  }

  private static func privateKey(
    of text: String,
    password: String?,
    _ name: String
  ) throws(CredentialsError) -> PrivateKey {
    guard text.contains("PRIVATE KEY-----") else {
      throw CredentialsError(message: "\(name) has no private key in the PEM format")
    }
    let reader = Reader(text)
    if let handle = unsafe reader.privateKey(password: password) { return unsafe PrivateKey(adopting: handle) }
    if reader.wasAskedForPassword {
      let problem = password == nil ? "privateKeyPassword is missing" : "privateKeyPassword does not decrypt it"
      throw CredentialsError(message: "\(name) is encrypted; \(problem)")
    }
    throw CredentialsError(message: "\(name) cannot be read: \(reader.failure ?? "it is not valid")")
  }
}

extension PEMSource {
  /// The source of the text, in a sentence.
  fileprivate var phrase: String {
    switch value {
    case .text: "given as text"
    case .file(let path): "in \(path)"
    }
  }
}

/// A reader of PEM text, piece by piece.
@safe private final class Reader {
  // Safe, because the object owns both pointers, which are valid until `deinit` frees them.

  private let bio: OpaquePointer
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private(set) var wasAskedForPassword = false
  private var password: String?

  init(_ text: String) {
    // OpenSSL reads the text where it lies: in memory of this object's own, which outlives `bio`.
    unsafe bytes = .allocate(capacity: text.utf8.count)
    _ = unsafe bytes.initialize(from: text.utf8)
    guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else {
      preconditionFailure("out of memory")
    }
    unsafe self.bio = bio
    ERR_clear_error()
  }

  deinit {
    unsafe BIO_free(bio)
    unsafe bytes.withMemoryRebound(to: UInt8.self) { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) }
    unsafe bytes.deallocate()
    ERR_clear_error()
  }

  func nextCertificate() -> OpaquePointer? { unsafe PEM_read_bio_X509_AUX(bio, nil, nil, nil) }

  /// Returns whether there was another list of revoked certificates.
  func skipRevocationList() -> Bool {
    guard let list = unsafe PEM_read_bio_X509_CRL(bio, nil, nil, nil) else { return false }
    unsafe X509_CRL_free(list)
    return true
  }

  func privateKey(password: String?) -> OpaquePointer? {
    self.password = password
    // The callback gets this object back while this function runs, on the same thread.
    return unsafe PEM_read_bio_PrivateKey(
      bio,
      nil,
      { buffer, size, _, context in
        guard let buffer = unsafe buffer, let context = unsafe context else { return -1 }
        let reader = unsafe Unmanaged<Reader>.fromOpaque(context).takeUnretainedValue()
        return unsafe reader.writePassword(to: UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)))
      },
      unsafe Unmanaged.passUnretained(self).toOpaque()
    )
  }

  /// Returns the length of the password; -1 if there is none that fits.
  private func writePassword(to buffer: UnsafeMutableRawBufferPointer) -> Int32 {
    wasAskedForPassword = true
    guard let password, password.utf8.count <= buffer.count else { return -1 }
    unsafe buffer.copyBytes(from: password.utf8)
    return Int32(password.utf8.count)
  }

  /// The reason for which the last piece could not be read; `nil` if there was none.
  var failure: String? {
    let error = ERR_peek_last_error()
    guard error != 0, !(ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE) else {
      return nil
    }
    return unsafe ERR_reason_error_string(error).map { unsafe String(cString: $0) } ?? "it is not valid"
  }
}

/// A certificate of OpenSSL's.
@safe private final class Certificate {
  // Safe, because the object owns the handle, which is valid until `deinit` frees it.

  let handle: OpaquePointer

  init(adopting handle: OpaquePointer) { unsafe self.handle = handle }

  deinit { unsafe X509_free(handle) }

  func belongs(to key: PrivateKey) -> Bool {
    defer { ERR_clear_error() }
    return unsafe X509_check_private_key(handle, key.handle) == 1
  }
}

/// A private key of OpenSSL's.
@safe private final class PrivateKey {
  // Safe, because the object owns the handle, which is valid until `deinit` frees it.

  let handle: OpaquePointer

  init(adopting handle: OpaquePointer) { unsafe self.handle = handle }

  deinit { unsafe EVP_PKEY_free(handle) }

  /// Returns the reason for which OpenSSL does not use the key with certificates, such as one that is too small; `nil`
  /// if it does.
  ///
  /// C-core 1.51 learns that when a connection begins.
  func refusal(with certificates: [Certificate]) -> String? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let context = unsafe SSL_CTX_new(TLS_method()) else { preconditionFailure("out of memory") }
    defer { unsafe SSL_CTX_free(context) }
    var isUsed = unsafe SSL_CTX_use_certificate(context, certificates[0].handle) == 1
    for certificate in certificates.dropFirst() where isUsed {
      let pointer = unsafe UnsafeMutableRawPointer(certificate.handle)
      unsafe X509_up_ref(certificate.handle)
      isUsed = unsafe SSL_CTX_ctrl(context, SSL_CTRL_EXTRA_CHAIN_CERT, 0, pointer) == 1
      // Otherwise the context has taken the reference.
      if !isUsed { unsafe X509_free(certificate.handle) }
    }
    isUsed = unsafe isUsed && SSL_CTX_use_PrivateKey(context, handle) == 1
    if isUsed { return nil }
    return unsafe ERR_reason_error_string(ERR_peek_last_error()).map { unsafe String(cString: $0) }
      ?? "OpenSSL gives no reason"
  }

  /// The key in the PEM format, without a password and without other pieces; `nil` for a key that stays in hardware.
  var text: String? {
    defer { ERR_clear_error() }
    guard let bio = unsafe BIO_new(BIO_s_secmem()) else { return nil }
    defer { unsafe BIO_free(bio) }
    guard unsafe PEM_write_bio_PKCS8PrivateKey(bio, handle, nil, nil, 0, nil, nil) == 1 else { return nil }
    let count = unsafe BIO_ctrl_pending(bio)
    return unsafe String(unsafeUninitializedCapacity: count) { buffer in
      unsafe Int(max(0, BIO_read(bio, buffer.baseAddress, Int32(clamping: count))))
    }
  }
}
