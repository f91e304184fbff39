/// An address for a server to listen on.
///
/// | text | meaning |
/// |---|---|
/// | `127.0.0.1:50051`, `localhost:50051`, `0.0.0.0:50051` | a TCP port of one address, of a name's addresses, of all |
/// | `[::1]:50051` | a TCP port of an IPv6 address |
/// | `127.0.0.1:0` | a port that the system chooses; the server returns it |
/// | `unix:/run/service.sock` | a Unix domain socket; a socket file without a listener is replaced |
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
  /// Port 0 lets the system choose. The address is checked when a server listens, see
  /// ``Server/listen(on:credentials:)``.
  ///
  /// - Parameters:
  ///   - host: The name or the address of the host.
  ///   - port: The port. With 0 the system chooses one.
  public static func tcp(host: String, port: UInt16) -> Self { Self(.tcp(host: host, port: port)) }

  /// A Unix domain socket at a path of the file system, of 1 to 107 bytes.
  ///
  /// The path is checked when a server listens, see ``Server/listen(on:credentials:)``.
  public static func unixDomainSocket(path: String) -> Self { Self(.unix(path: path)) }

  /// A Unix domain socket in Linux's abstract namespace, which has no file and ends with its server.
  ///
  /// The name has 1 to 107 bytes. It is checked when a server listens, see ``Server/listen(on:credentials:)``.
  public static func abstractUnixDomainSocket(name: String) -> Self { Self(.unixAbstract(name: name)) }

  /// The TCP port, when there is one.
  public var port: UInt16? { if case .tcp(_, let port) = value { port } else { nil } }

  /// The host and the port, when there is a port.
  var tcp: (host: String, port: UInt16)? { if case .tcp(let host, let port) = value { (host, port) } else { nil } }

  /// The path of the socket's file, when there is one.
  public var unixDomainSocketPath: String? { if case .unix(let path) = value { path } else { nil } }

  /// Returns whether a socket's name is that of the address.
  func isAddress(of socket: ListeningSocket) -> Bool {
    switch value {
    case .tcp(_, let port): socket.name.port == port
    case .unix(let path): socket.name.unixPath?.prefix { $0 != 0 }.elementsEqual(path.utf8) == true
    case .unixAbstract(let name): socket.name.unixPath == [0] + name.utf8
    }
  }

  /// Returns the same address with another port; unchanged if it has none.
  func withPort(_ port: Int) -> Self {
    guard case .tcp(let host, _) = value, let port = UInt16(exactly: port) else { return self }
    return .tcp(host: host, port: port)
  }
}

extension ListenAddress {
  /// Reads an address as written in the table above.
  ///
  /// A `%` with two hexadecimal digits stands for a byte, as in a URI: write `%25` for a percent sign in a path.
  ///
  /// - Throws: ``RuntimeError/Code/invalidArgument``, naming the text and what is wrong with it.
  public init(_ text: String) throws(RuntimeError) {
    func invalid(_ problem: String) -> RuntimeError { RuntimeError(invalidAddress: text, problem) }
    if let path = text.suffix(after: "unix:") {
      self.init(.unix(path: path.percentDecoded))
    } else if let name = text.suffix(after: "unix-abstract:") {
      self.init(.unixAbstract(name: name.percentDecoded))
    } else {
      guard let colon = text.lastIndex(of: ":") else { throw invalid(Self.expected) }
      let portText = text[text.index(after: colon)...]
      guard !portText.isEmpty, portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(portText)
      else {
        throw invalid("'\(portText)' is not a port number from 0 to 65535")
      }
      var host = text[..<colon]
      if host.hasPrefix("["), host.hasSuffix("]") {
        host = host.dropFirst().dropLast()
        guard host.contains(":") else { throw invalid(Self.expected) }
      } else if host.contains(":") {
        throw invalid("an IPv6 address needs brackets, as in [::1]:50051")
      }
      self.init(.tcp(host: String(host).percentDecoded, port: port))
    }
    if let problem { throw invalid(problem) }
  }

  private static var expected: String { "expected host:port, [IPv6 address]:port, unix:/path or unix-abstract:name" }

  /// Checks the parts of an address, however it was made.
  ///
  /// - Throws: ``RuntimeError/Code/invalidArgument``.
  func validate() throws(RuntimeError) {
    if let problem { throw RuntimeError(invalidAddress: description, problem) }
  }

  /// The problem of the address; `nil` for one that can be tried.
  private var problem: String? {
    // 108 bytes with the terminating NUL, see unix(7).
    let longest = 107
    switch value {
    case .tcp(let host, _):
      let unwanted: (Character) -> Bool = { "[]/?#".contains($0) || $0.isWhitespace || $0 == "\0" }
      if host.isEmpty { return Self.expected }
      if let character = host.first(where: unwanted) {
        return "a host cannot contain \(String(character).debugDescription); \(Self.expected)"
      }
      let address = host.prefix { $0 != "%" }
      let isIPv6 = address.count { $0 == ":" } > 1 && address.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
      if host.contains(":"), !isIPv6 {
        return "'\(host)' is not an IPv6 address, and a host name cannot contain a colon"
      }
    case .unix(let path):
      if path.isEmpty { return "a socket needs a path, as in unix:/run/service.sock" }
      if path.utf8.contains(0) { return "the path contains a NUL character" }
      if path.utf8.count > longest {
        return "the path of a socket has at most \(longest) bytes, not \(path.utf8.count)"
      }
    case .unixAbstract(let name):
      if name.isEmpty { return "a socket needs a name, as in unix-abstract:service" }
      if name.utf8.contains(0) { return "the name contains a NUL character" }
      if name.utf8.count > longest {
        return "the name of a socket has at most \(longest) bytes, not \(name.utf8.count)"
      }
    }
    return nil
  }
}

extension RuntimeError {
  fileprivate init(invalidAddress text: String, _ problem: String) {
    self.init(code: .invalidArgument, message: "'\(text)' is not an address to listen on: \(problem)")
  }
}

extension ListenAddress: CustomStringConvertible {
  /// The address as ``init(_:)`` reads it, which is also a target that a ``Channel`` understands.
  public var description: String {
    switch value {
    case .tcp(let host, let port):
      host.contains(":") ? "[\(host.percentEncoded)]:\(port)" : "\(host.percentEncoded):\(port)"
    case .unix(let path): "unix:\(path.percentEncoded)"
    case .unixAbstract(let name): "unix-abstract:\(name.percentEncoded)"
    }
  }
}

extension String {
  fileprivate func suffix(after prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
