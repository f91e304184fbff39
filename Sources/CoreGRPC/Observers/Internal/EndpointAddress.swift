/// The host and the port of a channel's target or of a peer, as telemetry tells of them.
package struct EndpointAddress: Sendable, Hashable {
  /// The host, or the path of a Unix domain socket.
  package var host: String

  /// The port; `nil` without one.
  package var port: Int?

  /// The schemes that come before an address.
  private static let schemes = ["dns", "ipv4", "ipv6", "unix", "unix-abstract", "xds"]

  /// Reads a target or a peer, for instance `dns:///localhost:50051`, `ipv4:127.0.0.1:50051` or `unix:/path`.
  ///
  /// Of several addresses it reads the first one.
  package init(_ text: String) {
    var rest = text[...]
    var isSocket = false
    if let scheme = Self.schemes.first(where: { text.hasPrefix("\($0):") }) {
      rest = rest.dropFirst(scheme.utf8.count + 1)
      isSocket = scheme.hasPrefix("unix")
      if rest.hasPrefix("//") {
        // The text up to the next slash is an authority; a socket's path begins with that slash.
        rest = rest.dropFirst(2).drop { $0 != "/" }
        if !isSocket { rest = rest.dropFirst() }
      }
      if !isSocket { rest = rest.prefix { $0 != "," } }
    }
    let text = rest.replacing("%5B", with: "[").replacing("%5D", with: "]")
    guard !isSocket, let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      !text[..<colon].contains(":") || text[..<colon].hasSuffix("]")
    else {
      host = Self.withoutBrackets(text[...])
      return
    }
    host = Self.withoutBrackets(text[..<colon])
    self.port = port
  }

  private static func withoutBrackets(_ host: Substring) -> String {
    host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
  }
}
