/// A fault of a connection that C-core logs as information or as a detail, in words for those who run the program.
///
/// C-core has no other sign of it, unless a call is in progress. The lines are those of `chttp2_transport.cc`,
/// `hpack_parser.cc`, `tcp_server_posix.cc`, `subchannel.cc` and `ssl_transport_security.cc` of gRPC 1.51 to 1.85, as
/// far as each version has them without a trace: those of the metadata's limit and of memory pressure are 1.51's and
/// 1.64's.
struct ConnectionFault: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case keepaliveTimeout
    case tooManyPings
    case memoryQuota
    case metadataTooLarge
    case endlessHeader
    case connectionRefused
    case handshake
  }

  let kind: Kind
  let message: String

  private static let largestCause = 300

  private init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// Creates the fault that a line tells; `nil` if it tells none.
  init?(line: String) {
    if line.hasSuffix(": Keepalive watchdog fired. Closing transport.")
      || line.hasSuffix(": Keepalive timeout. Closing transport.")
      || line.hasSuffix(": Ping timeout. Closing transport.")
    {
      self = Self.keepaliveTimeout(of: Self.peer(of: line))
    } else if line.firstRange(of: ": ").map({ line[$0.lowerBound...].hasPrefix(": Sending goaway ") }) == true {
      // At its place only: what comes later can be a peer's text.
      let peer = Self.peer(of: line)
      if line.contains("too_many_pings") {
        let message = "closed the connection of \(peer): it pings more often than the server's keepalive settings allow"
        self.init(.tooManyPings, message)
      } else if line.contains("Buffers full") {
        self.init(.memoryQuota, "closed the idle connection with \(peer): the memory quota is used up")
      } else {
        return nil
      }
    } else if line.hasPrefix("Dropped >= "), line.contains("memory pressure") {
      self.init(.connectionRefused, "connections are closed as they arrive: the server's memory quota is used up")
    } else if line.hasPrefix("received initial metadata size exceeds limit (") {
      let sizes = line.drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }.split(separator: " vs. ")
      guard sizes.count == 2 else { return nil }
      let message = "a peer sent \(sizes[0]) bytes of metadata or more, and the limit is \(sizes[1]): its call fails"
      self.init(.metadataTooLarge, message)
    } else if line.hasPrefix("Handshake failed with error ") {
      self.init(.handshake, HandshakeExplanation.explain(line))
    } else if line.hasPrefix("subchannel "), let (address, cause) = Self.refusedConnection(line) {
      self.init(.handshake, "the connection to \(address) failed: \(cause)")
    } else {
      return nil
    }
  }

  /// The fault of a peer whose header block is larger than the limit allows, or comes in too many pieces.
  static let endlessHeader = Self(.endlessHeader, "closed a connection, whose peer sent a header without an end")

  /// The fault of a peer that answers no ping.
  private static func keepaliveTimeout(of peer: Substring) -> Self {
    Self(.keepaliveTimeout, "closed the connection with \(peer): no answer to a keep-alive ping within its timeout")
  }

  /// Returns the address with which a transport's line begins.
  private static func peer(of line: String) -> Substring {
    // Newer versions have the side after it.
    guard let end = line.firstRange(of: ": ")?.lowerBound else { return line[...] }
    return line[..<end].prefix { $0 != " " }
  }

  /// Returns the address and the cause of a failed handshake in a client's line.
  ///
  /// A server that cannot be reached is no fault of a handshake.
  private static func refusedConnection(_ line: String) -> (address: Substring, cause: String)? {
    guard
      let address = line.firstRange(of: "{address=")?.upperBound,
      let cause = line.firstRange(of: ": connect failed (")?.upperBound,
      address < cause
    else { return nil }
    let text = line[cause...]
    guard ["andshake", "peer certificate", "Peer name", "Custom verification"].contains(where: text.contains) else {
      return nil
    }
    let end = text.firstRange(of: " {")?.lowerBound ?? text.firstRange(of: "), backing off")?.lowerBound
    return (line[address...].prefix { $0 != "," }, String(text[..<(end ?? text.endIndex)].prefix(largestCause)))
  }
}
