import Glibc

/// A folder of the library's own with lists of revoked certificates, which C-core has OpenSSL search.
///
/// C-core gets no folder of the program's: OpenSSL takes certificates that it finds there under an authority's hash,
/// as in `9d66eef0.0`, for trust roots. Here are lists alone, which have been checked.
///
/// OpenSSL opens a list when it verifies the first certificate of its authority, and without a list it takes each
/// certificate. So each file is replaced atomically, and the folder can be searched by a process that has given up
/// rights. It goes with this object. A process that ends earlier leaves it behind, and the next process that makes one
/// removes it: a ``FolderLock`` tells that its owner is gone. Where something else removes it, as
/// systemd does in `/dev/shm` at a user's last logout (`RemoveIPC=`), the watch of certificates makes it anew.
final class RevocationFolder: Sendable {
  let path: String

  private static let prefix = "coregrpc-crl-"

  /// The end of its name, in which `mkdtemp` puts other characters.
  private static let suffix = "XXXXXX"

  /// The end of a file's name while it is written, so that it is none of a list.
  private static let unfinished = ".new"

  /// The lock on the folder, while there is one.
  private let lock: Locked<FolderLock>

  /// The stamps of the files, by their names.
  private let files = Locked<[String: FileContents.Stamp?]>([:])

  /// - Throws: The system's error.
  init(_ lists: [String: String]) throws(CredentialsError) {
    var made: (path: String, lock: FolderLock, stamps: [String: FileContents.Stamp?])?
    var problem = Self.problem("a temporary folder")
    for parent in Self.parents where made == nil {
      do throws(CredentialsError) {
        Self.removeLeftovers(in: parent)
        let (path, lock) = try Self.make(in: parent)
        do throws(CredentialsError) {
          made = (path, lock, try Self.write(lists, to: path))
        } catch {
          for name in lists.keys { unsafe unlink("\(path)/\(name)") }
          unsafe rmdir(path)
          throw error
        }
      } catch {
        problem = error
      }
    }
    guard let made else { throw problem }
    path = made.path
    lock = Locked(made.lock)
    files.withLock { $0 = made.stamps }
  }

  deinit {
    for name in files.withLock({ $0.keys }) { unsafe unlink("\(path)/\(name)") }
    unsafe rmdir(path)
  }

  /// Whether the folder is this process's, and the files are those that this object has written: programs that clean up
  /// may have removed some.
  var isIntact: Bool {
    Self.isOwn(path) && lock.withLock { $0 }.locks(path)
      && files.withLock { files in files.allSatisfy { FileContents.Stamp(path: "\(path)/\($0.key)") == $0.value } }
  }

  /// Whether a path is a folder into which no other user can write.
  private static func isOwn(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
      && status.st_mode & 0o022 == 0
  }

  /// Replaces the lists.
  ///
  /// - Throws: The system's error.
  func replace(by lists: [String: String]) throws(CredentialsError) {
    if unsafe mkdir(path, 0o700) == 0 { unsafe chmod(path, 0o711) }
    // Another user may have made a folder in the place of one that was removed.
    guard Self.isOwn(path) else { throw CredentialsError(message: "\(path) is not this process's folder any more") }
    if !lock.withLock({ $0 }).locks(path) {
      // Before there is anything in it: another process may just remove it.
      guard let new = FolderLock(path) else { throw Self.problem(path) }
      lock.withLock { $0 = new }
    }
    let stamps = try Self.write(lists, to: path)
    files.withLock { $0.merge(stamps) { $1 } }
    let old = files.withLock { files in
      defer { files = files.filter { lists[$0.key] != nil } }
      return files.keys.filter { lists[$0] == nil }
    }
    for name in old { unsafe unlink("\(path)/\(name)") }
  }

  /// The folders to make this one in, in order: in memory, and then where temporary files are.
  private static var parents: [String] { ["/dev/shm", Environment.text("TMPDIR") ?? "/tmp", "/tmp"] }

  /// Removes the folders of this user's processes that have ended without doing so.
  private static func removeLeftovers(in parent: String) {
    for name in names(in: parent) where name.hasPrefix(prefix) && name.utf8.count == prefix.utf8.count + suffix.count {
      let path = "\(parent)/\(name)"
      // Where the lock is to be had, the owner is gone.
      guard isOwn(path), let lock = FolderLock(path) else { continue }
      // Whatever else is there is not the library's, and keeps the folder.
      for file in names(in: path) where RevocationLists.isList(file.withoutSuffix(Self.unfinished)) {
        unsafe unlink("\(path)/\(file)")
      }
      unsafe rmdir(path)
      withExtendedLifetime(lock) {}
    }
  }

  /// Returns the names in a folder, `.` and `..` included; none if it cannot be read.
  private static func names(in path: String) -> [String] {
    guard let folder = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
      // The name is within the entry, and ends with a NUL.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
    }
    return names
  }

  /// Makes a folder, and locks it.
  private static func make(in parent: String) throws(CredentialsError) -> (path: String, lock: FolderLock) {
    var template = "\(parent)/\(prefix)\(suffix)".utf8.map(CChar.init(bitPattern:)) + [0]
    // The text ends with a NUL, and keeps its length.
    let isMade = unsafe mkdtemp(&template) != nil
    guard isMade else { throw problem(parent) }
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    // A process that has given up its rights still finds the lists, which are no secret.
    guard unsafe chmod(path, 0o711) == 0 else {
      let problem = problem(path)
      unsafe rmdir(path)
      throw problem
    }
    // Another process may have found it without a lock, and removed it.
    guard let lock = FolderLock(path) else {
      let problem = problem(path)
      unsafe rmdir(path)
      throw problem
    }
    return (path, lock)
  }

  /// Writes lists.
  ///
  /// - Returns: The stamps of the files.
  private static func write(
    _ lists: [String: String],
    to path: String
  ) throws(CredentialsError) -> [String: FileContents.Stamp?] {
    var stamps: [String: FileContents.Stamp?] = [:]
    for (name, text) in lists { stamps.updateValue(try write(text, to: "\(path)/\(name)"), forKey: name) }
    return stamps
  }

  private static func write(_ text: String, to path: String) throws(CredentialsError) -> FileContents.Stamp? {
    let new = path + unfinished
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

extension String {
  fileprivate func withoutSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
