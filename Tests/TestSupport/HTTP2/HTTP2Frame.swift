/// A frame of HTTP/2 (RFC 9113, section 4.1).
package struct HTTP2Frame: Sendable, Equatable {
  package enum Kind: UInt8 {
    case data, headers, priority, resetStream, settings, pushPromise, ping, goAway, windowUpdate, continuation
    /// A kind that nobody has defined.
    case unknown = 0xEE
  }

  package var kind: Kind
  package var flags: UInt8
  package var stream: UInt32
  package var payload: [UInt8]

  package init(kind: Kind, flags: UInt8 = 0, stream: UInt32 = 0, payload: [UInt8] = []) {
    self.kind = kind
    self.flags = flags
    self.stream = stream
    self.payload = payload
  }

  package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  package var bytes: [UInt8] {
    // The length has three bytes.
    Self.number(UInt32(payload.count)).dropFirst() + [kind.rawValue, flags] + Self.number(stream) + payload
  }

  /// Takes the whole frames off the front, and leaves the rest.
  package static func take(from bytes: inout [UInt8]) -> [HTTP2Frame] {
    if bytes.starts(with: preface) { bytes.removeFirst(preface.count) }
    var frames: [HTTP2Frame] = []
    while bytes.count >= 9 {
      let end = 9 + bytes[..<3].reduce(0) { $0 << 8 | Int($1) }
      guard bytes.count >= end else { break }
      if let kind = Kind(rawValue: bytes[3]) {
        let stream = bytes[5..<9].reduce(0) { $0 << 8 | UInt32($1) }
        frames.append(HTTP2Frame(kind: kind, flags: bytes[4], stream: stream, payload: Array(bytes[9..<end])))
      }
      bytes.removeFirst(end)
    }
    return frames
  }

  package static func ping(_ number: UInt8) -> HTTP2Frame {
    HTTP2Frame(kind: .ping, payload: [UInt8](repeating: number, count: 8))
  }

  /// The answer to a ping.
  package var pong: HTTP2Frame? {
    guard kind == .ping, flags & 1 == 0 else { return nil }
    return HTTP2Frame(kind: .ping, flags: 1, payload: payload)
  }

  /// The value of a setting, if this frame sets it.
  package func setting(_ identifier: Int) -> Int? {
    guard kind == .settings else { return nil }
    for start in stride(from: 0, to: payload.count - 5, by: 6) {
      guard payload[start..<start + 2].reduce(0, { $0 << 8 | Int($1) }) == identifier else { continue }
      return payload[start + 2..<start + 6].reduce(0) { $0 << 8 | Int($1) }
    }
    return nil
  }

  /// The value of `grpc-status`, as C-core writes it for the first call of a connection.
  package var status: Int? {
    guard let name = payload.firstRange(of: Array("grpc-status".utf8)), name.upperBound < payload.count else {
      return nil
    }
    let count = Int(payload[name.upperBound])
    return Int(String(decoding: payload[(name.upperBound + 1)...].prefix(count), as: UTF8.self))
  }

  /// Whether the frame is the last one of its stream.
  package var isEnd: Bool {
    kind == .resetStream || [.headers, .data].contains(kind) && flags & Self.endsStream != 0
  }

  /// Whether the payload has a text, which C-core never compresses.
  package func contains(_ text: String) -> Bool { payload.contains(Array(text.utf8)) }
}
