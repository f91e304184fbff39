import TestSupport

@testable import CoreGRPC

/// The bytes, by what is wrong with them.
extension HostileBytes {
  private typealias Frame = HTTP2Frame

  static let all = prefaces + connectionFrames + streamFrames + masses + fields + blocks + messages

  private static let prefaces: [HostileBytes] = [
    .preface("HTTP/1.1", Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)),
    .preface("the greeting of SSH", Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)),
    .preface("a greeting of TLS", [22, 3, 1, 0, 5, 1, 0, 0, 1, 3]),
    .preface("zeros", [UInt8](repeating: 0, count: 10_000)),
    .preface("a preface with another end", Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8)),
    .preface("half a preface", Array(Frame.preface.prefix(10))),
    .preface("nothing", []),
    .preface("a preface alone", Frame.preface),
    .preface("a preface and half a frame", Frame.preface + [0, 0, 9, 4]),
    .preface("a preface and a ping", Frame.preface + Frame.ping(1).bytes),
  ]

  private static let connectionFrames: [HostileBytes] = [
    .frames(
      "settings of five bytes",
      .goAway,
      .closed,
      frames: [HTTP2Frame(kind: .settings, payload: [0, 4, 0, 0, 1])]
    ),
    .frames(
      "an acknowledgement with settings",
      .goAway,
      .closed,
      frames: [HTTP2Frame(kind: .settings, flags: 1, payload: [0, 4, 0, 0, 0, 1])]
    ),
    .frames("settings on a stream", .goAway, .closed, .pong, frames: [HTTP2Frame(kind: .settings, stream: 1)]),
    .frames("a window of 4 GiB as a setting", .goAway, .closed, frames: [.settings([(4, .max)])]),
    .frames("frames of no bytes as a setting", .goAway, .closed, frames: [.settings([(5, 0)])]),
    .frames("pushing with the value 2", .goAway, .closed, .pong, frames: [.settings([(2, 2)])]),
    .frames("an unknown setting", .pong, frames: [.settings([(0x7777, .max)])]),
    .frames("a table of 4 GiB as a setting", .pong, frames: [.settings([(1, .max)])]),
    .frames("a thousand settings", .pong, frames: [HTTP2Frame](repeating: .settings([(3, 7)]), count: 1000)),
    .frames("an increment of 0", .goAway, .closed, frames: [.windowUpdate(0)]),
    .frames(
      "a window beyond 2 GiB",
      .goAway,
      .closed,
      .pong,
      frames: [.windowUpdate(0x7FFF_FFFF), .windowUpdate(0x7FFF_FFFF)]
    ),
    .frames(
      "an increment of three bytes",
      .goAway,
      .closed,
      frames: [HTTP2Frame(kind: .windowUpdate, payload: [0, 0, 1])]
    ),
    .frames(
      "a ping of seven bytes",
      .goAway,
      .closed,
      frames: [HTTP2Frame(kind: .ping, payload: [1, 2, 3, 4, 5, 6, 7])]
    ),
    .frames(
      "an answer to no ping",
      .pong,
      frames: [HTTP2Frame(kind: .ping, flags: 1, payload: [UInt8](repeating: 9, count: 8))]
    ),
    .frames("a thousand pings", .goAway, .closed, frames: [HTTP2Frame](repeating: .ping(1), count: 1000)),
    .frames(
      "a ping on a stream",
      .goAway,
      .closed,
      .pong,
      frames: [HTTP2Frame(kind: .ping, stream: 1, payload: [UInt8](repeating: 9, count: 8))]
    ),
    .frames(
      "GOAWAY of seven bytes",
      .goAway,
      .closed,
      frames: [HTTP2Frame(kind: .goAway, payload: [0, 0, 0, 1, 0, 0, 0])]
    ),
    .frames("GOAWAY", .goAway, .closed, .pong, frames: [.goAway(lastStream: 0, code: 2, text: "oh")]),
    .frames("a frame of an unknown kind", .pong, frames: [HTTP2Frame(kind: .unknown, stream: 1, payload: [1, 2, 3])]),
    .frames("a frame of 16 MiB", .goAway, .closed, frames: [.data([UInt8](repeating: 0, count: 0xFF_FFFF), stream: 1)]),
  ]

  private static let streamFrames: [HostileBytes] = [
    .frames("data on stream 0", .goAway, .closed, .pong, frames: [.data([1], stream: 0)]),
    .frames("data on a stream that is not there", .goAway, .closed, .reset, .pong, frames: [.data([1], stream: 1)]),
    .frames("headers on stream 0", .goAway, .closed, .pong, frames: [.headers(request(), stream: 0)]),
    .frames("headers on a stream of the server's", .goAway, .closed, .pong, frames: [.headers(request(), stream: 2)]),
    .frames(
      "streams that go backwards",
      .goAway,
      .closed,
      .pong,
      frames: [.headers(request(), stream: 5), .headers(request(), stream: 3)]
    ),
    .frames("a reset of stream 0", .goAway, .closed, .pong, frames: [.reset(8, stream: 0)]),
    .frames("a reset of a stream that is not there", .goAway, .closed, .pong, frames: [.reset(8, stream: 1)]),
    .frames(
      "a reset of three bytes",
      .goAway,
      .closed,
      frames: [.headers(request(), stream: 1), HTTP2Frame(kind: .resetStream, stream: 1, payload: [0, 0, 8])]
    ),
    .frames("a reset after the headers", .pong, frames: [.headers(request(), stream: 1), .reset(8, stream: 1)]),
    .frames(
      "a reset with an unknown code",
      .pong,
      frames: [.headers(request(), stream: 1), .reset(0xDEAD, stream: 1)]
    ),
    .frames(
      "a priority of three bytes",
      .goAway,
      .closed,
      .pong,
      frames: [HTTP2Frame(kind: .priority, stream: 1, payload: [1, 2, 3])]
    ),
    .frames(
      "a pushed stream",
      .goAway,
      .closed,
      .pong,
      frames: [HTTP2Frame(kind: .pushPromise, flags: 4, stream: 1, payload: [0, 0, 0, 2, 0x82])]
    ),
    .frames(
      "a continuation of nothing",
      .goAway,
      .closed,
      frames: [HTTP2Frame(kind: .continuation, flags: 4, stream: 1, payload: [0x83])]
    ),
    .frames(
      "headers that go on with data",
      .goAway,
      .closed,
      frames: [.headers(request(), stream: 1, flags: 0), .data([1], stream: 1)]
    ),
    .frames(
      "headers that go on on another stream",
      .goAway,
      .closed,
      frames: [
        .headers(request(), stream: 1, flags: 0), HTTP2Frame(kind: .continuation, flags: 4, stream: 3, payload: [0x83]),
      ]
    ),
    .frames(
      "headers that do not go on",
      .goAway,
      .closed,
      frames: [.headers(request(), stream: 1, flags: 0)],
      isCutShort: true
    ),
    .frames(
      "an increment of 0 for a stream",
      .goAway,
      .closed,
      .reset,
      frames: [.headers(request(), stream: 1), .windowUpdate(0, stream: 1)]
    ),
    .frames(
      "a window of a stream beyond 2 GiB",
      .goAway,
      .closed,
      .reset,
      .pong,
      frames: [.headers(request(), stream: 1), .windowUpdate(0x7FFF_FFFF, stream: 1)]
    ),
    .frames(
      "padded data",
      .goAway,
      .closed,
      .reset,
      .status(0),
      frames: [
        .headers(request(), stream: 1), .data([2] + Frame.message([7]) + [0, 0], stream: 1, flags: Frame.isPadded),
      ]
    ),
    .frames(
      "more padding than data",
      .goAway,
      .closed,
      .reset,
      frames: [.headers(request(), stream: 1), .data([255, 1], stream: 1, flags: Frame.isPadded)]
    ),
    .frames(
      "headers twice",
      .goAway,
      .closed,
      .reset,
      .status(12),
      .status(0),
      .pong,
      frames: [.headers(request(), stream: 1), .headers(request(), stream: 1)]
    ),
    .frames(
      "the end of the connection within the message",
      .closed,
      frames: [.headers(request(), stream: 1), .data([0, 0, 0], stream: 1)],
      isCutShort: true
    ),
    .frames(
      "frames after the end",
      .status(0),
      .reset,
      .goAway,
      .closed,
      frames: [
        .headers(request(), stream: 1), .data(Frame.message([1]), stream: 1, flags: Frame.endsStream),
        .data(Frame.message([2]), stream: 1),
      ]
    ),
  ]

  /// Many frames of one kind.
  private static var masses: [HostileBytes] {
    let more = HTTP2Frame.fields([("x", String(repeating: "y", count: 1000))])
    let continuation = HTTP2Frame(kind: .continuation, stream: 1, payload: more)
    let begun: [HTTP2Frame] = [.headers(request(), stream: 1, flags: 0)]
    let continued = begun + [HTTP2Frame](repeating: continuation, count: 100)
    let empty = [HTTP2Frame](repeating: .data([], stream: 1), count: 1000)
    let end: [HTTP2Frame] = [.data(HTTP2Frame.message([1]), stream: 1, flags: HTTP2Frame.endsStream)]
    let headers: [HTTP2Frame] = [.headers(request(), stream: 1)]
    var reset: [HTTP2Frame] = []
    for stream in stride(from: UInt32(1), to: 2001, by: 2) {
      reset.append(.headers(request(), stream: stream))
      reset.append(.reset(8, stream: stream))
    }
    return [
      .frames("a hundred continuations, and no end", .goAway, .closed, frames: continued, isCutShort: true),
      .frames("a thousand frames without data", .status(0), frames: headers + empty + end),
      .frames("a thousand streams that are reset at once", .pong, .goAway, .closed, frames: reset),
    ]
  }

  /// The sign of a call with a header that C-core cannot read.
  private static let unreadable: Sign = EngineCapabilities.current.refusesUnreadableHeaders ? .reset : .status(0)

  private static let fields: [HostileBytes] = [
    .without(":method", nil, .reset, .goAway, .closed, .status(13), .status(2), .status(12)),
    .without(":method", "GET", .reset, .goAway, .closed, .status(13), .status(2), .status(12), .status(0)),
    .without(":method", "BREW", .reset, .goAway, .closed, .status(13), .status(2), .status(12)),
    .without(":scheme", nil, .reset, .goAway, .closed, .status(13), .status(2), .status(0)),
    .without(":scheme", "ftp", .reset, .goAway, .closed, .status(13), .status(2), .status(0)),
    .without(":path", nil, .reset, .goAway, .closed, .status(13), .status(2), .status(12)),
    .without(":path", "", .status(12), .reset, .status(13)),
    .without(":path", "/", .status(12)),
    .without(":path", "//", .status(12)),
    .without(":path", "test.Test/Echo", .status(12)),
    .without(":path", "/test.Test/Echo/", .status(12)),
    .without(":path", "/" + String(repeating: "x", count: 5000), .status(12), .status(8)),
    .without(":authority", nil, .status(0), .reset, .status(13), .status(2)),
    .without("te", nil, .status(0), .reset, .status(13), .status(2)),
    .without("te", "gzip", .status(0), .reset, .status(13), .status(2)),
    .without("content-type", nil, .status(0), .reset, .status(13), .status(2)),
    .without("content-type", "text/html", .status(0), .reset, .status(13), .status(2)),
    .field("a second path", .status(0), .reset, .goAway, .closed, .status(12), field: (":path", "/x/y")),
    .field("an unknown pseudo-header", .status(0), .reset, .goAway, .closed, field: (":x", "y")),
    .field("a name in upper case", .status(0), .reset, .goAway, .closed, field: ("X-Upper", "y")),
    .field("an empty name", .status(0), .reset, .goAway, .closed, field: ("", "y")),
    .field("a name with a line feed", .status(0), .reset, .goAway, .closed, field: ("x\ny", "z")),
    .field("a value with a NUL", .status(0), .reset, .goAway, .closed, field: ("x", "a\0b")),
    .field("a header of HTTP/1", .status(0), .reset, .goAway, .closed, field: ("connection", "close")),
    .field("a negative timeout", .status(0), .status(4), .reset, field: ("grpc-timeout", "-1S")),
    .field("a timeout of too many digits", .status(0), .status(4), .reset, field: ("grpc-timeout", "99999999999S")),
    .field("a timeout of an unknown unit", .status(0), .status(4), .reset, field: ("grpc-timeout", "1X")),
    .field("a timeout without digits", .status(0), .status(4), .reset, field: ("grpc-timeout", "S")),
    .field("a binary value that is not base64", .goAway, .closed, .reset, .status(13), field: ("x-bin", "!!!")),
    .field("9,000 bytes", .status(8), field: ("x", String(repeating: "y", count: 9000))),
    .field("a status", .status(0), .reset, .goAway, .closed, field: ("grpc-status", "5")),
    .field("an HTTP status", .status(0), .reset, .goAway, .closed, .status(13), .status(2), field: (":status", "200")),
    .field("attempts before", unreadable, field: ("grpc-previous-rpc-attempts", "-5")),
    .field("accepted encodings that nobody knows", .status(0), field: ("grpc-accept-encoding", ",,,x,\u{7F}")),
  ]

  private static let blocks: [HostileBytes] = [
    .block("index 0", [.goAway, .closed], [0x80]),
    .block("an index beyond the table", [.goAway, .closed], [0xFF, 0x80, 0x01]),
    .block("an endless index", [.goAway, .closed], [UInt8](repeating: 0xFF, count: 64)),
    .block("a string longer than the block", [.goAway, .closed], [0, 1, 120, 100, 1]),
    .block("a string of 4 GiB", [.goAway, .closed], [0, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1]),
    .block("a table of 4 GiB", [.goAway, .closed], [0x3F, 0xE1, 0xFF, 0xFF, 0xFF, 0x0F, 0x83]),
    .block(
      "a code of Huffman that ends too late",
      [.goAway, .closed, .reset, .status(13), .status(2)],
      [0x83, 0, 1, 120, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]
    ),
    .block("no headers", [.goAway, .closed, .reset, .status(13), .status(2)], []),
  ]

  /// The ends of a call with a compressed message whose encoding is not known: C-core tells the flags of a message in
  /// some versions.
  private static let mislabelled: Set<Sign> = MessageFlags.isAvailable ? [.status(12)] : [.status(13), .status(0)]

  /// The ends of a call whose message has unknown flags: C-core takes it for an empty one, unless it can be told apart.
  private static let unknownFlags: Set<Sign> =
    MessageFlags.isAvailable ? [.status(12), .status(13), .reset] : [.status(12), .status(13), .reset, .status(0)]

  // Few calls of a busy method are looked at for a second message, see RequestMessageTests. C-core drops half a message
  // at the end.
  private static let messages: [HostileBytes] = [
    .data("no message", .status(12), bytes: []),
    .data("two messages", .status(12), .status(0), bytes: Frame.message([1]) + Frame.message([2])),
    .data(
      "a thousand messages",
      .status(12),
      .status(0),
      bytes: Array(repeatElement(Frame.message([1]), count: 1000).joined())
    ),
    .data("a message and half a prefix", .status(0), .status(12), .status(13), bytes: Frame.message([1]) + [0, 0]),
    .data("a message longer than announced", .status(13), .status(0), bytes: Frame.message([1, 2, 3], length: 2)),
    .data(
      "a message shorter than announced",
      .status(12),
      .status(13),
      .reset,
      bytes: Frame.message([1, 2, 3], length: 10)
    ),
    .data("half a prefix", .status(12), .status(13), .reset, bytes: [0, 0, 0]),
    .data("a length of 4 GiB", .status(12), .status(13), .status(8), .reset, bytes: Frame.message([1], length: .max)),
    .data("flags of 2", unknownFlags, bytes: Frame.message([1], flags: 2)),
    .data("flags of 255", unknownFlags, bytes: Frame.message([1], flags: 255)),
    .data("the compressed flag without an encoding", mislabelled, bytes: Frame.message([1], flags: 1)),
    .data(
      "the compressed flag with identity",
      mislabelled,
      bytes: Frame.message([1], flags: 1),
      encoding: "identity"
    ),
    .data("an encoding that is not accepted", .status(12), bytes: Frame.message([1], flags: 1), encoding: "gzip"),
    .data(
      "an unknown encoding",
      EngineCapabilities.current.refusesUnreadableHeaders ? [.reset] : mislabelled,
      bytes: Frame.message([1], flags: 1),
      encoding: "snappy"
    ),
    .data("an unknown encoding that is not used", unreadable, bytes: Frame.message([1]), encoding: "snappy"),
  ]
}
