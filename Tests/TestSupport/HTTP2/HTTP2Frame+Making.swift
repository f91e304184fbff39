/// Frames as a peer writes them, and as none should.
extension HTTP2Frame {
  package static let endsStream: UInt8 = 1
  package static let endsHeaders: UInt8 = 4
  package static let isPadded: UInt8 = 8

  /// Fields in HPACK (RFC 7541): each a literal that is not added to the table, without Huffman's code.
  package static func fields(_ fields: [(String, String)]) -> [UInt8] {
    fields.flatMap { name, value in [0] + literal(name) + literal(value) }
  }

  private static func literal(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
    var rest = bytes.count - 127
    var length: [UInt8] = [127]
    while rest >= 128 {
      length.append(UInt8(rest & 127 | 128))
      rest >>= 7
    }
    return length + [UInt8(rest)] + bytes
  }

  package static func headers(
    _ fields: [(String, String)],
    stream: UInt32,
    flags: UInt8 = endsHeaders
  ) -> HTTP2Frame {
    HTTP2Frame(kind: .headers, flags: flags, stream: stream, payload: Self.fields(fields))
  }

  package static func trailers(_ fields: [(String, String)], stream: UInt32) -> HTTP2Frame {
    headers(fields, stream: stream, flags: endsHeaders | endsStream)
  }

  package static func data(_ bytes: [UInt8], stream: UInt32, flags: UInt8 = 0) -> HTTP2Frame {
    HTTP2Frame(kind: .data, flags: flags, stream: stream, payload: bytes)
  }

  /// A number of four bytes.
  package static func number(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }

  package static func settings(_ settings: [(identifier: UInt16, value: UInt32)] = []) -> HTTP2Frame {
    HTTP2Frame(
      kind: .settings,
      payload: settings.flatMap { [UInt8($0.identifier >> 8), UInt8($0.identifier & 255)] + number($0.value) }
    )
  }

  package static func reset(_ code: UInt32, stream: UInt32) -> HTTP2Frame {
    HTTP2Frame(kind: .resetStream, stream: stream, payload: number(code))
  }

  package static func goAway(lastStream: UInt32, code: UInt32 = 0, text: String = "") -> HTTP2Frame {
    HTTP2Frame(kind: .goAway, payload: number(lastStream) + number(code) + Array(text.utf8))
  }

  package static func windowUpdate(_ increment: UInt32, stream: UInt32 = 0) -> HTTP2Frame {
    HTTP2Frame(kind: .windowUpdate, stream: stream, payload: number(increment))
  }

  /// A message of gRPC with its prefix.
  package static func message(_ bytes: [UInt8], flags: UInt8 = 0, length: UInt32? = nil) -> [UInt8] {
    [flags] + number(length ?? UInt32(bytes.count)) + bytes
  }

  /// The headers of a response.
  package static func response(stream: UInt32, _ others: (String, String)...) -> HTTP2Frame {
    headers([(":status", "200"), ("content-type", "application/grpc")] + others, stream: stream)
  }

  /// The headers of a request, for the method of the tests' own servers by default.
  package static func request(
    stream: UInt32,
    path: String = "/test.Test/Echo",
    flags: UInt8 = endsHeaders,
    _ others: (String, String)...
  ) -> HTTP2Frame {
    let fields = [
      (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"), ("te", "trailers"),
      ("content-type", "application/grpc"),
    ]
    return headers(fields + others, stream: stream, flags: flags)
  }
}

extension [HTTP2Frame] {
  package var bytes: [UInt8] { flatMap(\.bytes) }
}
