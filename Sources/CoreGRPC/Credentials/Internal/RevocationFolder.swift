import Glibc

/// A folder of the library's own with lists of revoked certificates, which C-core has OpenSSL search.
///
/// C-core gets no folder of the program's: OpenSSL takes certificates that it finds there under an authority's hash,
/// as in `9d66eef0.0`, for trust roots. Here are lists alone, which have been checked.
///
/// OpenSSL opens a list when it verifies the first certificate of its authority, and without a list it takes each
/// certificate. So each file is replaced atomically, and the folder can be searched by a process that has given up
/// rights. It goes with this object; a process that ends earlier leaves it behind.
final class RevocationFolder: Sendable {
  let path: String

  /// The stamps of the files, by their names.
  private let files = Locked<[String: FileContents.Stamp?]>([:])

  /// - Throws: The system's error.
  init(_ lists: [String: String]) throws(CredentialsError) {
    path = try Self.make()
    try replace(by: lists)
  }

  deinit {
    for name in files.withLock({ $0.keys }) { unsafe unlink("\(path)/\(name)") }
    unsafe rmdir(path)
  }

  /// Whether the files are those that this object has written: programs that clean up may have removed some.
  var isIntact: Bool {
    files.withLock { files in files.allSatisfy { FileContents.Stamp(path: "\(path)/\($0.key)") == $0.value } }
  }

  /// Replaces the lists.
  ///
  /// - Throws: The system's error.
  func replace(by lists: [String: String]) throws(CredentialsError) {
    if unsafe access(path, F_OK) != 0, unsafe mkdir(path, 0o711) != 0 { throw Self.problem(path) }
    for (name, text) in lists {
      let file = "\(path)/\(name)"
      let stamp = try Self.write(text, to: file)
      files.withLock { $0[name] = stamp }
    }
    let old = files.withLock { files in
      defer { files = files.filter { lists[$0.key] != nil } }
      return files.keys.filter { lists[$0] == nil }
    }
    for name in old { unsafe unlink("\(path)/\(name)") }
  }

  /// Makes a folder, where possible in memory, which no program cleans up.
  private static func make() throws(CredentialsError) -> String {
    let chosen = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) }
    for parent in ["/dev/shm", chosen ?? "/tmp", "/tmp"] {
      var template = "\(parent)/grpc-revocation-XXXXXX".utf8.map(CChar.init(bitPattern:)) + [0]
      // The text ends with a NUL, and keeps its length.
      let isMade = unsafe mkdtemp(&template) != nil
      guard isMade else { continue }
      let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      // A process that has given up its rights still finds the lists, which are no secret.
      if unsafe chmod(path, 0o711) == 0 { return path }
      unsafe rmdir(path)
    }
    throw problem("a temporary folder")
  }

  private static func write(_ text: String, to path: String) throws(CredentialsError) -> FileContents.Stamp? {
    // Its name is none of a list.
    let new = path + ".new"
    unsafe unlink(new)
    let descriptor = unsafe open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw problem(new) }
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { break }
      rest = rest.dropFirst(max(0, count))
    }
    // Whatever the process's mask.
    guard rest.isEmpty, fchmod(descriptor, 0o644) == 0, unsafe rename(new, path) == 0 else {
      let problem = problem(new)
      close(descriptor)
      unsafe unlink(new)
      throw problem
    }
    close(descriptor)
    return FileContents.Stamp(path: path)
  }

  /// The system's error.
  private static func problem(_ what: String) -> CredentialsError {
    CredentialsError(message: "revocation lists cannot be kept in \(what): \(CredentialsError.system.message)")
  }
}
