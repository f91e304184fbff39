/// An address for a server to listen on.
///
/// | text | meaning |
/// |---|---|
/// | `127.0.0.1:50051`, `localhost:50051`, `0.0.0.0:50051` | a TCP port of one address, of a name's addresses, of all |
/// | `[::1]:50051` | a TCP port of an IPv6 address |
/// | `127.0.0.1:0` | a port that the system chooses; the server tells which |
/// | `unix:/run/service.sock` | a Unix domain socket; a socket file that nobody listens on is replaced |
/// | `unix-abstract:service` | a Unix domain socket in Linux's abstract namespace |
public struct ListenAddress: Sendable, Hashable {
  private enum Value: Sendable, Hashable {
    case tcp(host: String, port: UInt16)
    case unix(path: String)
    case unixAbstract(name: String)
  }

  private let value: Value

  private init(_ value: Value) { self.value = value }

  /// A TCP port of a host's name or address.
  ///
  /// Port 0 lets the system choose.
  public static func tcp(host: String, port: UInt16) -> Self { Self(.tcp(host: host, port: port)) }

  /// A Unix domain socket at a path of the file system.
  public static func unixDomainSocket(path: String) -> Self { Self(.unix(path: path)) }

  /// A Unix domain socket in Linux's abstract namespace, which has no file and goes with its server.
  public static func abstractUnixDomainSocket(name: String) -> Self { Self(.unixAbstract(name: name)) }

  /// The TCP port, when there is one.
  public var port: UInt16? { if case .tcp(_, let port) = value { port } else { nil } }

  /// The path of the socket's file, when there is one.
  public var unixDomainSocketPath: String? { if case .unix(let path) = value { path } else { nil } }

  /// The same address with another port; unchanged if it has none.
  func withPort(_ port: Int) -> Self {
    guard case .tcp(let host, _) = value, let port = UInt16(exactly: port) else { return self }
    return .tcp(host: host, port: port)
  }
}

extension ListenAddress {
  /// Reads an address as written in the table above.
  ///
  /// - Throws: ``ServerError/Code/invalidAddress``, naming the text and what is wrong with it.
  public init(_ text: String) throws(ServerError) {
    func invalid(_ problem: String) -> ServerError {
      ServerError(code: .invalidAddress, message: "'\(text)' is no address to listen on: \(problem)")
    }
    if text.utf8.contains(0) { throw invalid("it contains a NUL character") }
    if let path = text.suffix(after: "unix:") {
      if path.isEmpty { throw invalid("unix: needs a path, as in unix:/run/service.sock") }
      // 108 bytes with the terminating NUL, see unix(7).
      if path.utf8.count > 107 { throw invalid("the path of a socket has at most 107 bytes") }
      self.init(.unix(path: path))
      return
    }
    if let name = text.suffix(after: "unix-abstract:") {
      if name.isEmpty { throw invalid("unix-abstract: needs a name") }
      if name.utf8.count > 107 { throw invalid("the name of a socket has at most 107 bytes") }
      self.init(.unixAbstract(name: name))
      return
    }
    let expected = "expected host:port, [IPv6 address]:port, unix:/path or unix-abstract:name"
    guard let colon = text.lastIndex(of: ":") else { throw invalid(expected) }
    let portText = text[text.index(after: colon)...]
    guard !portText.isEmpty, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(portText)
    else {
      throw invalid("'\(portText)' is no port number from 0 to 65535")
    }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw invalid("an IPv6 address needs brackets, as in [::1]:50051")
    }
    if host.isEmpty || host.contains(where: { "[]/ ".contains($0) }) { throw invalid(expected) }
    self.init(.tcp(host: String(host), port: port))
  }
}

extension ListenAddress: CustomStringConvertible {
  /// The address as ``init(_:)`` reads it, which is also a target that a ``Channel`` understands.
  public var description: String {
    switch value {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    case .unixAbstract(let name): "unix-abstract:\(name)"
    }
  }
}

extension String {
  fileprivate func suffix(after prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
