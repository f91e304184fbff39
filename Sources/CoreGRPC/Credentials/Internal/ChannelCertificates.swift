import CEngine
import CGRPC
import Glibc
import Synchronization

/// The certificates of channels with TLS, and of servers with revocation lists, kept up to date with their files.
///
/// C-core has a provider of certificates that reads files every second. It uses what it reads without a check: with a
/// certificate that cannot be read, or a key of another one, new connections fail, and it reports that in its log only.
/// So this object reads the files of the program, checks them, and has C-core read files in memory, which change only
/// when all of them are valid.
///
/// C-core reads revocation lists when it gets certificates. So when lists have changed, this object changes the text of
/// the roots in a way that means nothing.
///
/// Channels with the same files share one object, and with it C-core's thread.
@safe final class ChannelCertificates: FileWatch.Subject, @unchecked Sendable {
  // Unchecked, because of the provider: C-core's is thread-safe, and lives as long as this object.

  /// The texts of the files.
  struct Texts: Sendable, Hashable {
    /// The key and the chain of certificates.
    var identity: PEM.Identity?
    /// The trust roots; `nil` for the system's.
    var roots: String?
    /// The revocation lists by their names.
    var lists: [String: String] = [:]
  }

  private struct Key: Hashable {
    let trustRoots: TrustRoots
    let identity: TLSIdentity?
  }

  private struct State {
    var texts: Texts
    /// The stamps of the files with the texts.
    var stamps: [FileContents.Stamp?]
    /// The stamps of files that cannot be used, and the problem, once it is reported.
    var refused: (stamps: [FileContents.Stamp?], problem: String?)?
    /// The problem of lists that cannot be written again, once it is reported.
    var repairProblem: String?
    /// The time from which on C-core has read the texts.
    var settled = ContinuousClock.now
  }

  private struct Weak {
    weak var certificates: ChannelCertificates?
  }

  /// The time after which C-core has read the files in memory, with room for a machine that is busy.
  private static let latency = Duration.seconds(3)

  private static let all = Locked<[Key: Weak]>([:])

  private let tls: ChannelCredentials.TLS
  private let identity: MemoryFile?
  private let roots: MemoryFile?
  /// The revocation lists that C-core gets.
  let lists: RevocationFolder?
  private let provider: OpaquePointer
  private let library = Library()
  private let state: Locked<State>
  /// The number of changes of the revocation lists; only the watch's thread uses it.
  private let listChanges = Atomic(0)

  /// Returns certificates that are valid now; `nil` if the system cannot keep them in memory.
  ///
  /// - Throws: The problem of the certificates or keys.
  static func shared(for tls: ChannelCredentials.TLS) throws(CredentialsError) -> ChannelCertificates? {
    let key = Key(trustRoots: tls.trustRoots, identity: tls.identity)
    let stamps = tls.stamps
    let texts = try tls.read()
    if let existing = all.withLock({ $0[key]?.certificates }), existing.isSettled(with: texts) { return existing }
    guard let new = try ChannelCertificates(tls, texts, stamps) else { return nil }
    all.withLock { all in
      all = all.filter { $0.value.certificates != nil }
      all[key] = Weak(certificates: new)
    }
    FileWatch.shared.add(new)
    return new
  }

  /// - Throws: The system's error, if the revocation lists cannot be kept.
  private init?(
    _ tls: ChannelCredentials.TLS,
    _ texts: Texts,
    _ stamps: [FileContents.Stamp?]
  ) throws(CredentialsError) {
    lists = tls.trustRoots.revocationLists == nil ? nil : try RevocationFolder(texts.lists)
    do throws(CredentialsError) {
      identity = try texts.identity.map { (identity) throws(CredentialsError) in
        try MemoryFile(.identity, identity.text)
      }
      roots = try texts.roots.map { (roots) throws(CredentialsError) in try MemoryFile(.roots, roots) }
      // Without /proc, or where the process may not read it.
      for file in [identity, roots].compactMap(\.self) { _ = try FileContents.read(path: file.path) }
    } catch {
      let message = "the channel reads its certificates once: they cannot be kept in memory: \(error.message)"
      CoreGRPCLog.reportOfServer(.error, message)
      return nil
    }
    self.tls = tls
    self.state = Locked(State(texts: texts, stamps: stamps))
    let provider = unsafe cengine_certificate_file_watcher(
      identity?.path,
      identity?.path,
      roots?.path,
      1
    )
    guard let provider = unsafe provider else { preconditionFailure("C-core makes no certificate provider") }
    unsafe self.provider = provider
  }

  deinit { unsafe grpc_tls_certificate_provider_release(provider) }

  private func isSettled(with texts: Texts) -> Bool {
    state.withLock { $0.texts == texts && $0.settled <= .now }
  }

  /// The problem of the files that are there now, once it is reported.
  var problem: String? { state.withLock { $0.refused?.problem ?? $0.repairProblem } }

  /// Makes credentials of C-core with these certificates.
  ///
  /// Balance it with one `grpc_channel_credentials_release`.
  func makeCCredentials() -> OpaquePointer? {
    let options = unsafe grpc_tls_credentials_options_create()
    unsafe cengine_set_certificate_provider(options, provider, roots != nil, identity != nil)
    unsafe grpc_tls_credentials_options_set_certificate_verifier(options, HostnameVerifier.shared.handle)
    unsafe setRevocationLists(of: options)
    return unsafe grpc_tls_credentials_create(options)
  }

  /// Makes server credentials of C-core with these certificates, whose roots are for clients.
  ///
  /// Balance it with one `grpc_server_credentials_release`.
  func makeServerCCredentials(
    _ requestType: grpc_ssl_client_certificate_request_type
  ) -> OpaquePointer? {
    let options = unsafe grpc_tls_credentials_options_create()
    unsafe cengine_set_certificate_provider(options, provider, roots != nil, identity != nil)
    unsafe grpc_tls_credentials_options_set_cert_request_type(options, requestType)
    unsafe setRevocationLists(of: options)
    return unsafe grpc_tls_server_credentials_create(options)
  }

  private func setRevocationLists(of options: OpaquePointer?) {
    // C-core copies the path.
    if let lists { unsafe grpc_tls_credentials_options_set_crl_directory(options, lists.path) }
  }

  /// Writes the lists in use again, if something else has changed their folder.
  ///
  /// Without them OpenSSL takes each certificate.
  private func repair(_ lists: RevocationFolder) {
    if lists.isIntact { return state.withLock { $0.repairProblem = nil } }
    let texts = state.withLock { $0.texts }
    do throws(CredentialsError) {
      try lists.replace(by: texts.lists)
      if let text = texts.roots { try replaceRoots(by: text) }
      state.withLock { $0.repairProblem = nil }
    } catch {
      let isReport = state.withLock { state in
        defer { state.repairProblem = error.message }
        return state.repairProblem == nil
      }
      if isReport {
        CoreGRPCLog.reportOfServer(.error, "the revocation of certificates is not checked: \(error.message)")
      }
    }
  }

  /// Has C-core take the roots, and with them the lists, anew.
  private func replaceRoots(by text: String) throws(CredentialsError) {
    let change = listChanges.add(1, ordering: .relaxed).newValue
    // C-core compares the text with the one that it has.
    try roots?.replace(by: change.isMultiple(of: 2) ? text : text + "\n")
  }

  /// Reads the files again if they have changed.
  ///
  /// Files that cannot be used are read again until they can. They are reported when they stay so: between the writing
  /// of a certificate and of its key it is not an error.
  func look() {
    // Before the files are read: a change meanwhile shows the next time.
    let stamps = tls.stamps
    if let lists { repair(lists) }
    let isNew = state.withLock { state in
      if state.stamps == stamps { state.refused = nil }
      return state.stamps != stamps
    }
    guard isNew else { return }
    do throws(CredentialsError) {
      let texts = try tls.read()
      let old = state.withLock { $0.texts }
      if let new = texts.identity, new != old.identity { try identity?.replace(by: new.text) }
      let hasNewLists = texts.lists != old.lists
      if hasNewLists { try lists?.replace(by: texts.lists) }
      if let new = texts.roots, new != old.roots || hasNewLists { try replaceRoots(by: new) }
      state.withLock { state in
        if texts != old { state.settled = .now + Self.latency }
        state.texts = texts
        state.stamps = stamps
        state.refused = nil
      }
    } catch {
      let isReport = state.withLock { state in
        guard let refused = state.refused, refused.stamps == stamps else {
          state.refused = (stamps, nil)
          return false
        }
        state.refused?.problem = error.message
        return refused.problem == nil
      }
      guard isReport else { return }
      CoreGRPCLog.reportOfServer(.error, "old certificates stay in use: \(error.message)")
    }
  }
}

extension ChannelCredentials.TLS {
  /// The files that are read.
  var files: [String] {
    var sources: [PEMSource] = []
    if case .certificates(let roots) = trustRoots.value { sources.append(roots) }
    if let identity { sources += [identity.certificateChain, identity.privateKey] }
    return sources.compactMap { source in if case .file(let path) = source.value { path } else { nil } }
  }

  /// The stamps of the files that are read, and of the revocation lists.
  fileprivate var stamps: [FileContents.Stamp?] {
    files.map { FileContents.Stamp(path: $0) } + (trustRoots.revocationLists.map(RevocationLists.stamps) ?? [])
  }

  /// Reads the certificates and keys, and checks them, also with C-core.
  ///
  /// - Throws: Their problem.
  func read() throws(CredentialsError) -> ChannelCertificates.Texts {
    let texts = try readTexts()
    unsafe grpc_channel_credentials_release(try Self.makeCCredentials(texts))
    return texts
  }

  /// Reads the certificates and keys, and checks them.
  ///
  /// - Throws: Their problem.
  func readTexts() throws(CredentialsError) -> ChannelCertificates.Texts {
    var texts = ChannelCertificates.Texts()
    if let folder = trustRoots.revocationLists { texts.lists = try RevocationLists.read(folder: folder) }
    switch trustRoots.value {
    case .certificates(let source): texts.roots = try PEM.certificates(source, "the trust roots")
    case .systemDefault: try SystemTrustRoots.ofProcess.get()
    }
    texts.identity = try identity.map { (identity) throws(CredentialsError) in try PEM.identity(identity) }
    return texts
  }

  /// Makes credentials of C-core with fixed texts.
  ///
  /// Balance it with one `grpc_channel_credentials_release`.
  ///
  /// - Throws: C-core's complaint.
  static func makeCCredentials(_ texts: ChannelCertificates.Texts) throws(CredentialsError) -> OpaquePointer? {
    let (credentials, log) = unsafe CoreLog.capturing { () -> OpaquePointer? in
      // C-core copies the texts while it is called.
      guard let identity = texts.identity else {
        return unsafe grpc_ssl_credentials_create_ex(texts.roots, nil, nil, nil)
      }
      return unsafe identity.key.withCString { key in
        unsafe identity.certificateChain.withCString { chain in
          var pair = unsafe grpc_ssl_pem_key_cert_pair(private_key: key, cert_chain: chain)
          return unsafe grpc_ssl_credentials_create_ex(texts.roots, &pair, nil, nil)
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
