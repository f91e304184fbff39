/// The rules for a channel's target, as C-core's resolvers have them.
///
/// C-core takes a target with an unknown scheme for a host's name. It connects a name without a port to port 443. It
/// connects an address without a port, or with a port that is not a number, to port 0. See
/// <https://github.com/grpc/grpc/blob/master/doc/naming.md>.
enum ChannelTarget {
  /// Returns the problem of a target, and how to write it; `nil` for one that C-core can try.
  static func problem(in target: String) -> String? {
    if target.utf8.contains(0) { return "it has a NUL character" }
    if target.isEmpty { return "it is empty; \(expected)" }
    guard let colon = target.firstIndex(of: ":") else { return problem(inName: target) }
    let scheme = target[..<colon]
    let rest = target[target.index(after: colon)...]
    switch scheme {
    case "dns":
      let (authority, path) = parts(of: rest)
      let name = path.hasPrefix("/") ? String(path.dropFirst()) : path
      if !name.isEmpty { return problem(inName: name) }
      if !authority.isEmpty { return "what follows // is a DNS server: write dns:///\(authority)" }
      return "dns: needs a name, as in dns:///example.com:443"
    case "ipv4":
      return problem(inListOf: scheme, rest) { address in
        problem(inAddress: address, "ipv4:127.0.0.1:50051") { isIPv4($0) }
      }
    case "ipv6":
      return problem(inListOf: scheme, rest) { address in
        problem(inAddress: address, "ipv6:[::1]:50051") { isIPv6($0) }
      }
    case "unix", "unix-abstract":
      return problem(inListOf: scheme, rest) { path in
        // 108 bytes with the terminating NUL, see unix(7).
        path.utf8.count > 107 ? "a socket's path or name has at most 107 bytes, not \(path.utf8.count)" : nil
      }
    case "xds":
      let path = parts(of: rest).path
      return path.isEmpty || path.hasSuffix("/")
        ? "xds: needs the name of a service, as in xds:///greeter.example" : nil
    case "vsock", "google-c2p", "google-c2p-experimental":
      return nil
    default:
      guard rest.hasPrefix("//") else { return problem(inName: target) }
      let host = rest.dropFirst(2).prefix { $0 != "/" }
      return switch scheme {
      case "http", "https", "grpc", "grpcs":
        "remove \(scheme):// from the target: write \(host.contains(":") ? String(host) : "\(host):port"), and choose "
          + "plaintext or TLS by the channel's credentials"
      default: "gRPC does not know the scheme \(scheme)://; \(expected)"
      }
    }
  }

  /// The schemes that C-core has resolvers for.
  private static let schemes = [
    "dns", "ipv4", "ipv6", "unix", "unix-abstract", "xds", "vsock", "google-c2p", "google-c2p-experimental",
  ]

  /// Returns a target in full, as C-core completes it: a name without a scheme is one for DNS.
  static func complete(_ target: String) -> String {
    schemes.contains { target.hasPrefix("\($0):") } ? target : "dns:///\(target)"
  }

  private static let expected = "expected host:port, [IPv6 address]:port, unix:/path, or another gRPC target"

  /// Returns the parts after a scheme, decoded as C-core does: the text between `//` and the path, and the path up to a
  /// `?` or `#`.
  private static func parts(of rest: Substring) -> (authority: Substring, path: String) {
    var rest = rest.prefix { $0 != "?" && $0 != "#" }
    var authority: Substring = ""
    if rest.hasPrefix("//") {
      rest = rest.dropFirst(2)
      authority = rest.prefix { $0 != "/" }
      rest = rest[authority.endIndex...]
    }
    return (authority, String(rest).percentDecoded)
  }

  /// Checks addresses separated by commas.
  private static func problem(
    inListOf scheme: Substring,
    _ rest: Substring,
    _ check: (String) -> String?
  ) -> String? {
    let (authority, path) = parts(of: rest)
    if !authority.isEmpty { return "what follows \(scheme):// must be a path that begins with /, as in \(scheme):///…" }
    let addresses = path.split(separator: ",")
    if addresses.isEmpty { return "\(scheme): has no address" }
    for address in addresses {
      if let problem = check(String(address)) { return problem }
    }
    return nil
  }

  private static func problem(
    inAddress text: String,
    _ example: String,
    isAddress: (Substring) -> Bool
  ) -> String? {
    let text = text.hasPrefix("/") ? text.dropFirst() : text[...]
    guard let (host, port) = split(text), isAddress(host) else {
      return "'\(text)' is not an address with a port, as in \(example)"
    }
    guard let port else { return "'\(text)' has no port, as in \(example)" }
    return problem(inPort: port)
  }

  /// Checks a name or an address, with a port or without.
  private static func problem(inName text: String) -> String? {
    let text = text.prefix { $0 != "?" && $0 != "#" }
    let name = String(text).percentDecoded
    if let character = name.first(where: { $0.isWhitespace || $0.isNewline || "@\\\"<>".contains($0) }) {
      return "a host cannot contain \(String(character).debugDescription); \(expected)"
    }
    if name.contains(",") {
      return "several addresses need a scheme, as in ipv4:127.0.0.1:50051,127.0.0.1:50052"
    }
    guard let (host, port) = split(name[...]) else {
      return "only an IPv6 address stands in brackets, as in [::1]:50051; \(expected)"
    }
    if host.isEmpty { return "the target has no host; \(expected)" }
    if host.contains("/") { return "a host cannot contain '/', and a target cannot have a path; \(expected)" }
    let isBracketed = name.hasPrefix("[")
    if host.contains(":"), !isBracketed {
      return "an IPv6 address needs brackets and a port, as in [::1]:50051; \(expected)"
    }
    guard let port else {
      // A name without a port is good for port 443.
      return isBracketed || isIPv4(host) ? "an IP address needs a port, as in \(name):50051" : nil
    }
    if !isBracketed, !isIPv4(host), port == "http" || port == "https" { return nil }
    return problem(inPort: port)
  }

  private static func problem(inPort port: Substring) -> String? {
    if port.isEmpty { return "the port after the colon is missing" }
    guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port) else {
      return "'\(port)' is not a port number from 1 to 65535"
    }
    return number == 0 ? "port 0 is for listening only: use the port that the server has bound" : nil
  }

  /// Splits as C-core's `SplitHostPort`: more than one colon without brackets belongs to the host.
  private static func split(_ text: Substring) -> (host: Substring, port: Substring?)? {
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      let host = text[text.index(after: text.startIndex)..<end]
      let rest = text[text.index(after: end)...]
      guard host.contains(":"), rest.isEmpty || rest.hasPrefix(":") else { return nil }
      return (host, rest.isEmpty ? nil : rest.dropFirst())
    }
    guard let colon = text.firstIndex(of: ":"), !text[text.index(after: colon)...].contains(":") else {
      return (text, nil)
    }
    return (text[..<colon], text[text.index(after: colon)...])
  }

  private static func isIPv4(_ host: Substring) -> Bool {
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil && $0.utf8.first != UInt8(ascii: "+") }
  }

  /// Returns whether a host has only characters of an IPv6 address, before the name of an interface after a `%`.
  private static func isIPv6(_ host: Substring) -> Bool {
    let address = host.prefix { $0 != "%" }
    return address.count { $0 == ":" } > 1 && address.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
  }
}
