extension Metadata {
  /// Converts the metadata to a form that gRPC can send and the peer accepts.
  ///
  /// This leaves out the entries that a program may not send, and checks the rest. C-core logs the metadata that it
  /// refuses, values included, and a refused batch is the end of its call: so nothing illegal may reach it. The error
  /// names the key and never the value.
  ///
  /// - Parameters:
  ///   - sender: The end that sends it.
  ///   - room: The size that fits into the header block, in bytes.
  /// - Returns: The size on the wire, in bytes.
  /// - Throws: ``RPCError/Code/invalidArgument`` for an illegal entry, ``RPCError/Code/resourceExhausted`` if it does
  ///   not fit.
  @discardableResult
  mutating func prepare(for sender: CallRole, room: Int) throws(RPCError) -> Int {
    guard !isEmpty else { return 0 }
    if contains(where: { Self.isLeftOut($0.key, from: sender) }) {
      var rest = Metadata()
      for (key, value) in self where !Self.isLeftOut(key, from: sender) { rest.add(value, forKey: key) }
      self = rest
    }
    var size = 0
    var hasBase64 = false
    for (key, value) in self {
      if let problem = Self.problem(withKey: key, from: sender) ?? Self.problem(withKey: key, value: value, &hasBase64)
      {
        throw RPCError(code: .invalidArgument, message: "metadata key \(key.debugDescription): \(problem)")
      }
      size += Self.wireSize(key: key, value: value)
    }
    if hasBase64 {
      self = Metadata(lazy.map { ($0.key, $0.value.decoded(forKey: $0.key)) })
      return try prepare(for: sender, room: room)
    }
    guard size <= room else { throw RPCError(tooMuchMetadata: self, size: size, room: room, from: sender) }
    return size
  }

  /// The keys of HTTP, which gRPC sets itself or HTTP/2 forbids (RFC 9113, section 8.2.2), and one of C-core's own.
  ///
  /// C-core aborts the process when it is to send `grpclb_client_stats`.
  private static let keysNotSent: Set = [
    "connection", "content-length", "content-type", "grpclb_client_stats", "host", "keep-alive", "proxy-connection",
    "te",
    "transfer-encoding", "upgrade", "user-agent",
  ]

  /// The reserved key that a program may set, at either end: the details of a status.
  private static let statusDetails = "grpc-status-details-bin"

  /// The keys of OpenCensus, which C-core 1.51 sends in a way that breaks connections.
  ///
  /// C-core puts them into the header table of the connection and counts their bytes, where other peers count the
  /// base64 that comes to them. So the tables get out of step, and a peer such as nginx closes the connection ("out of
  /// bound hpack table index"). C-core does not hand them to a handler or caller either.
  private static let keysOfOpenCensus: Set = ["grpc-trace-bin", "grpc-tags-bin"]

  /// The key with which a server says in its trailing metadata when the client may try again
  /// (<https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback>).
  private static let retryPushback = "grpc-retry-pushback-ms"

  /// The key with which a server says which encodings of messages it accepts, when it has refused another one.
  static let acceptedEncodings = "grpc-accept-encoding"

  /// The key with which a client's gRPC says how often it has tried before; a server's handler gets it.
  static let previousAttempts = "grpc-previous-rpc-attempts"

  private static func isReserved(_ key: String) -> Bool { key.hasPrefix("grpc-") && key != statusDetails }

  /// Returns whether an entry is not sent.
  ///
  /// A handler may send on the metadata that it has received, to its client or to another server, and the peer chooses
  /// that metadata.
  private static func isLeftOut(_ key: String, from sender: CallRole) -> Bool {
    if keysNotSent.contains(key) { return true }
    guard isReserved(key) else { return false }
    switch sender {
    case .client: return key == previousAttempts
    case .server: return key != retryPushback && key != acceptedEncodings
    }
  }

  private static func problem(withKey key: String, from sender: CallRole) -> String? {
    if key.isEmpty { return "a key must not be empty" }
    if key == "-bin" { return "a key must have characters before -bin" }
    if !key.utf8.allSatisfy(isLegalInKey) { return "a key may have the characters 0-9, a-z, '-', '_' and '.' only" }
    // A server's entries with these keys are left out before.
    if keysOfOpenCensus.contains(key) { return "gRPC's C-core cannot send it without harm to other calls" }
    if sender == .client && isReserved(key) { return "keys that begin with grpc- are reserved" }
    return nil
  }

  /// - Parameter hasBase64: Becomes true if the value is the base64 of bytes.
  private static func problem(withKey key: String, value: Value, _ hasBase64: inout Bool) -> String? {
    switch value {
    case .binary where !key.hasSuffix("-bin"):
      return "a value of bytes needs a key that ends in -bin"
    case .string(let text) where key.hasSuffix("-bin"):
      guard Base64.decode(text) != nil else {
        return "a key that ends in -bin needs a value of bytes, or text that is base64"
      }
      hasBase64 = true
      return nil
    case .string(let text) where !text.utf8.allSatisfy(isLegalInText):
      return "a text value may have printable ASCII characters only; use a key that ends in -bin"
    case .string, .binary:
      return nil
    }
  }

  private static func isLegalInKey(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
  }

  private static func isLegalInText(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }
}

extension Metadata.Value {
  /// Returns the value in the form for C-core: the bytes of a text for a key that ends in `-bin`.
  fileprivate func decoded(forKey key: String) -> Self {
    guard case .string(let text) = self, key.hasSuffix("-bin"), let bytes = Base64.decode(text) else { return self }
    return .binary(bytes)
  }
}
