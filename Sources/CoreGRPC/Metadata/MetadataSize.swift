/// The size of a header block, as RFC 7541, section 4.1, counts it: for each entry 32 bytes, its key and its value.
///
/// Peers limit that size, 8 KiB by gRPC's custom. C-core 1.51 closes the connection for a header block over its limit,
/// and with the connection end all calls on it. So the entries that C-core adds count here, too.
enum HeaderBlockSize {
  /// The size of an entry beside its key and its value.
  static let entryOverhead = 32

  /// The size of the entries that C-core adds to each header block of a server.
  ///
  /// They are `:status`, `content-type`, `grpc-encoding` and `grpc-accept-encoding`, or, in a trailers-only response,
  /// `:status`, `content-type`, `grpc-status` and `grpc-message`.
  static let ofServer = 240

  /// Returns the size of the entries that C-core adds to the header block of a client.
  ///
  /// - Parameters:
  ///   - userAgent: The length of the text that the settings add to C-core's user agent.
  static func ofClient(userAgent: Int) -> Int {
    // `:method`, `:scheme`, `te` and `content-type`.
    let http = 43 + 44 + 42 + 60
    // `grpc-timeout`, `grpc-encoding`, `grpc-accept-encoding`, `grpc-previous-rpc-attempts`, each with its longest
    // value.
    let grpc = 53 + 53 + 75 + 61
    let path = entryOverhead + ":path".utf8.count
    let authority = entryOverhead + ":authority".utf8.count
    // Such as "grpc-c/29.0.0 (linux; chttp2)".
    let userAgent = entryOverhead + "user-agent".utf8.count + 48 + userAgent
    return http + grpc + path + authority + userAgent
  }
}

extension Metadata {
  /// Returns the size of an entry on the wire.
  static func wireSize(key: String, value: Value) -> Int {
    let size =
      switch value {
      case .string(let text): text.utf8.count
      // Base64 without padding.
      case .binary(let bytes): (bytes.count * 4 + 2) / 3
      }
    return HeaderBlockSize.entryOverhead + key.utf8.count + size
  }
}

extension RPCError {
  /// Creates the error for metadata that is too large to be sent.
  ///
  /// The code is that with which a peer refuses metadata over its limit, and this library a message that is too large.
  ///
  /// - Parameters:
  ///   - size: The size of the metadata, in bytes.
  ///   - room: The size that fits, in bytes.
  ///   - sender: The end that would send it.
  init(tooMuchMetadata metadata: Metadata, size: Int, room: Int, from sender: CallRole) {
    var message = "too much metadata: \(size) bytes, of which \(max(0, room)) fit beside gRPC's own headers"
    message += sender == .client ? " (maxRequestMetadataBytes)" : " (maxResponseMetadataBytes)"
    let sizes = metadata.map { (key: $0.key, size: Metadata.wireSize(key: $0.key, value: $0.value)) }
    if let largest = sizes.max(by: { $0.size < $1.size }) {
      message += "; the largest entry is \(largest.key.debugDescription) with \(largest.size) bytes"
    }
    self.init(code: .resourceExhausted, message: message)
  }

  /// Creates the error for a peer that has sent too much metadata.
  init(tooMuchReceivedMetadata size: Int, limit: Int, on receiver: CallRole) {
    let setting = receiver == .client ? "maxResponseMetadataBytes" : "maxRequestMetadataBytes"
    self.init(
      code: .resourceExhausted,
      message: "the received metadata has \(size) bytes, and \(limit) are allowed (\(setting))"
    )
  }
}

extension String {
  /// Returns the longest beginning that takes no more than `limit` bytes on the wire as gRPC's status message, where a
  /// byte that is not printable ASCII, or `%`, takes three.
  func statusMessage(fitting limit: Int) -> String {
    guard utf8.count * 3 > limit else { return self }
    var size = 0
    for index in unicodeScalars.indices {
      let scalar = unicodeScalars[index]
      let isPlain = (0x20...0x7E).contains(scalar.value) && scalar != "%"
      size += isPlain ? 1 : 3 * UTF8.width(scalar)
      if size > limit { return String(self[..<index]) }
    }
    return self
  }
}
