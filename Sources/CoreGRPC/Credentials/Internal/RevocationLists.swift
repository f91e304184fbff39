import Glibc

/// The lists of revoked certificates in a folder of the program's, with the names that `openssl rehash` gives.
enum RevocationLists {
  /// Reads all lists of a folder, and checks that OpenSSL can read each: C-core ignores those that it cannot, and would
  /// take every certificate.
  ///
  /// - Returns: The texts by the names under which OpenSSL finds them: the numbers of each authority have no gap.
  /// - Throws: The problem, with the folder or the file.
  static func read(folder: String) throws(CredentialsError) -> [String: String] {
    let names = try names(in: folder)
    if names.isEmpty {
      throw CredentialsError(
        message: "there is no revocation list in \(folder): openssl rehash names the files as OpenSSL looks for them"
      )
    }
    var texts: [String: String] = [:]
    var counts: [Substring: Int] = [:]
    for name in names {
      let path = "\(folder)/\(name)"
      let text: String
      do {
        text = try FileContents.read(path: path)
      } catch {
        throw CredentialsError(message: "the revocation list in \(path) cannot be read: \(error.message)")
      }
      try PEM.checkRevocationLists(of: text, "the revocation list in \(path)")
      let hash = name.prefix(8)
      texts["\(hash).r\(counts[hash, default: 0])"] = text
      counts[hash, default: 0] += 1
    }
    return texts
  }

  /// Returns the stamps of the folder's lists, in the order of their names.
  static func stamps(folder: String) -> [FileContents.Stamp?] {
    let names = (try? names(in: folder)) ?? []
    return names.map { FileContents.Stamp(path: "\(folder)/\($0)") }
  }

  /// Returns the names of lists in the order of their numbers.
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
    return names.sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
  }

  /// Returns whether a name is the hash of an authority's name and the number of a list, as in `9d66eef0.r0`.
  static func isList(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard bytes.count > 10, bytes[8...9].elementsEqual(".r".utf8) else { return false }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
    return bytes[..<8].allSatisfy { digits.contains($0) || letters.contains($0) }
      && bytes[10...].allSatisfy(digits.contains)
  }
}
