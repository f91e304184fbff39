import Glibc

/// A folder with lists of revoked certificates, which C-core has OpenSSL search.
enum RevocationLists {
  /// Checks that a folder has a file that OpenSSL would look for: without one, C-core takes every certificate.
  ///
  /// - Throws: The problem, with the folder.
  static func check(folder: String) throws(CredentialsError) {
    guard try names(in: folder).isEmpty else { return }
    throw CredentialsError(
      message: "there is no revocation list in \(folder): openssl rehash names the files as OpenSSL looks for them"
    )
  }

  /// Returns the stamps of the folder's lists, in the order of their names.
  static func stamps(folder: String) -> [FileContents.Stamp?] {
    let names = (try? names(in: folder).sorted()) ?? []
    return names.map { FileContents.Stamp(path: "\(folder)/\($0)") }
  }

  private static func names(in folder: String) throws(CredentialsError) -> [String] {
    guard let stream = unsafe opendir(folder) else {
      let problem = CredentialsError.system.message
      throw CredentialsError(message: "the revocation lists in \(folder) cannot be read: \(problem)")
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // The name is within the entry, and ends with a NUL.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if isList(name) { names.append(name) }
    }
    return names
  }

  /// Returns whether a name is the hash of an authority's name and the number of a list, as in `9d66eef0.r0`.
  private static func isList(_ name: String) -> Bool {
    let parts = name.split(separator: ".r", omittingEmptySubsequences: false)
    return parts.count == 2 && parts[0].count == 8 && parts[0].allSatisfy(\.isHexDigit)
      && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
  }
}
