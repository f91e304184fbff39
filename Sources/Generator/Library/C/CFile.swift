/// Gives the descriptors in C the names of the `.proto` file, where the request to protoc-gen-c had others.
enum CFile {
  /// - Parameters:
  ///   - text: A file of protoc-gen-c.
  ///   - originals: The names of the `.proto` file, by those of the request. No declaration of the file has one of the
  ///     latter.
  static func restored(_ text: String, _ originals: [String: String]) -> String {
    guard !originals.isEmpty else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // The name of a descriptor stands in a line of its own.
      let literal = line.drop { $0 == " " }
      guard literal.hasPrefix("\""), literal.hasSuffix("\","),
        let name = originals[String(literal.dropFirst().dropLast(2))]
      else { return String(line) }
      return "\(line.prefix { $0 == " " })\"\(name)\","
    }.joined(separator: "\n")
  }
}
