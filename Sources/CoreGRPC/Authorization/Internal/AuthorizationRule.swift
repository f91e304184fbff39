/// A rule of an authorization policy.
struct AuthorizationRule: Sendable, Hashable {
  struct Header: Sendable, Hashable {
    /// The key, in lower case.
    let key: String
    let values: [AuthorizationPattern]
  }

  let name: String
  var principals: [AuthorizationPattern] = []
  var paths: [AuthorizationPattern] = []
  var headers: [Header] = []

  func matches(path: String, metadata: Metadata, peer: AuthorizationPolicy.Peer) -> Bool {
    if !paths.isEmpty {
      guard !path.isEmpty, paths.contains(where: { $0.matches(path) }) else { return false }
    }
    guard headers.allSatisfy({ $0.matches(metadata) }) else { return false }
    return principals.isEmpty || principals.contains { peer.isNamed(by: $0) }
  }
}

extension AuthorizationRule.Header {
  fileprivate func matches(_ metadata: Metadata) -> Bool {
    guard key.hasSuffix("-bin") else {
      let texts = metadata[stringValues: key]
      guard let first = texts.first else { return false }
      let text = texts.count == 1 ? first : texts.joined(separator: ",")
      return values.contains { $0.matches(text) }
    }
    let arrays = metadata[binaryValues: key]
    if arrays.isEmpty { return false }
    let bytes = Array(arrays.joined(separator: [UInt8(ascii: ",")]))
    return values.contains { $0.matches(bytes) }
  }
}

extension AuthorizationPolicy.Peer {
  /// Whether a name in the client's certificate matches; that of a client with TLS and without a certificate is empty.
  fileprivate func isNamed(by pattern: AuthorizationPattern) -> Bool {
    guard let names else { return false }
    return names.uris.contains { pattern.matches($0) } || names.dnsNames.contains { pattern.matches($0) }
      || pattern.matches(names.subject)
  }
}
