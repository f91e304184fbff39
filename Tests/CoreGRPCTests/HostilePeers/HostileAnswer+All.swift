import TestSupport

@testable import CoreGRPC

/// The answers, by what is wrong with them.
extension HostileAnswer {
  private typealias Frame = HTTP2Frame

  static let all = statuses + httpStatuses + messages + headerBlocks + frames + resets + connections

  private static let good = [("grpc-status", "0")]

  // MARK: The status of gRPC

  private static let statuses: [HostileAnswer] = [
    .trailers("trailers without grpc-status", .unknown, fields: [("x", "y")]),
    .trailers("empty trailers", .unknown, fields: []),
    .headersOnly(
      "headers without grpc-status",
      .unknown,
      fields: [(":status", "200"), ("content-type", "application/grpc")]
    ),
    .headersOnly("nothing but an HTTP status", .unknown, fields: [(":status", "200")]),
    HostileAnswer("the end of the stream after the message", .unknown) { stream in
      [.response(stream: stream), .data(Frame.message([1]), stream: stream, flags: Frame.endsStream)]
    },
    HostileAnswer("the end of the stream after the headers", .unknown) { stream in
      [.response(stream: stream), .data([], stream: stream, flags: Frame.endsStream)]
    },
    HostileAnswer("grpc-status in the headers alone", .unknown) { stream in
      [
        .response(stream: stream, ("grpc-status", "0")), .data(Frame.message([1]), stream: stream),
        .trailers([], stream: stream),
      ]
    },
    .trailers("grpc-status -1", malformed, fields: [("grpc-status", "-1")]),
    .trailers("grpc-status 17", .unknown, fields: [("grpc-status", "17")]),
    .trailers("grpc-status 99999999999", malformed, fields: [("grpc-status", "99999999999")]),
    .trailers("grpc-status 4294967296, which is 0 in 32 bits", malformed, fields: [("grpc-status", "4294967296")]),
    .trailers("grpc-status abc", malformed, fields: [("grpc-status", "abc")]),
    .trailers("an empty grpc-status", malformed, fields: [("grpc-status", "")]),
    .trailers(
      "grpc-status 5 and 0",
      .notFound,
      .unknown,
      .internalError,
      nil,
      fields: [("grpc-status", "5"), ("grpc-status", "0")]
    ),
    .trailers(
      "grpc-message of percent signs",
      .notFound,
      fields: [("grpc-status", "5"), ("grpc-message", "%%%2%ZZ%E4%")]
    ),
    .trailers(
      "grpc-message that is not UTF-8",
      .notFound,
      fields: [("grpc-status", "5"), ("grpc-message", "%FF%FE%00")]
    ),
    .trailers("an HTTP status in the trailers", nil, fields: [(":status", "500"), ("grpc-status", "0")]),
  ]

  // MARK: HTTP without gRPC

  private static let httpStatuses: [HostileAnswer] =
    [
      ("204", RPCError.Code.unknown), ("302", .unknown), ("400", .internalError), ("401", .unauthenticated),
      ("403", .permissionDenied), ("404", .unimplemented), ("429", .unavailable), ("500", .unknown),
      ("502", .unavailable),
      ("503", .unavailable), ("504", .unavailable),
    ].map { status, code in
      .headersOnly("HTTP \(status)", code, fields: [(":status", status), ("content-length", "0")])
    }
    + [
      HostileAnswer("HTTP 503 with a page", .unavailable) { stream in
        [
          .headers([(":status", "503"), ("content-type", "text/html")], stream: stream),
          .data(Array("<html>503</html>".utf8), stream: stream, flags: Frame.endsStream),
        ]
      },
      HostileAnswer("HTTP 200 with a page", .unknown) { stream in
        [
          .headers([(":status", "200"), ("content-type", "text/html")], stream: stream),
          .data(Array("<html>hello</html>".utf8), stream: stream, flags: Frame.endsStream),
        ]
      },
      .headersOnly("a number that is no HTTP status", malformed, fields: [(":status", "99999999999")]),
      .headersOnly("a word for an HTTP status", malformed, fields: [(":status", "ok")]),
      .headersOnly("no HTTP status", .unknown, fields: [("content-type", "application/grpc")]),
      .headersOnly("HTTP 503 and grpc-status 5", .notFound, fields: [(":status", "503"), ("grpc-status", "5")]),
    ]

  // MARK: Messages

  /// The codes of a call with a compressed message whose encoding is not known: C-core tells the flags of a message in
  /// some versions.
  private static let mislabelled: [RPCError.Code?] =
    MessageFlags.isAvailable ? [.internalError] : [.internalError, nil]

  /// The code of a call whose response has a header that C-core cannot read, and cannot do without.
  private static let malformed: RPCError.Code =
    EngineCapabilities.current.endsUnreadableHeadersInternally ? .internalError : .unknown

  /// The code of a call whose response has another header that C-core cannot read.
  private static let unreadable: RPCError.Code? =
    EngineCapabilities.current.refusesUnreadableHeaders ? malformed : nil

  private static func flags(_ flags: UInt8) -> HostileAnswer {
    let codes: [RPCError.Code?] = [.internalError, .unimplemented]
    // C-core takes it for an empty message where messages come singly, unless it can be told apart.
    let isKnown = MessageFlags.isAvailable
    var answer = data("flags of \(flags)", isKnown ? codes : codes + [nil], bytes: Frame.message([1], flags: flags))
    if isKnown { answer.codesOfStream = [.internalError] }
    return answer
  }

  // C-core reports half a message as none, and tells nobody of bytes after the last message.
  /// Answers with a status of gRPC, whose messages are wrong.
  static let messages: [HostileAnswer] = [
    .data("two messages", .unimplemented, bytes: Frame.message([1]) + Frame.message([2])),
    .data("a thousand messages", .unimplemented, bytes: Array(repeatElement(Frame.message([1]), count: 1000).joined())),
    .data("no message", .unimplemented, bytes: []),
    .data("a message longer than announced", .internalError, nil, bytes: Frame.message([1, 2, 3], length: 2)),
    .data(
      "a message shorter than announced",
      .internalError,
      .unimplemented,
      bytes: Frame.message([1, 2, 3], length: 10)
    ),
    .data("half a prefix", .internalError, .unimplemented, bytes: [0, 0, 0]),
    .data("a message and half a prefix", .internalError, nil, bytes: Frame.message([1]) + [0, 0]),
    .data(
      "a length of 4 GiB",
      .internalError,
      .unimplemented,
      .resourceExhausted,
      bytes: Frame.message([1], length: .max)
    ),
    .data(
      "a length of 2 GiB",
      .internalError,
      .unimplemented,
      .resourceExhausted,
      bytes: Frame.message([1], length: 0x8000_0000)
    ),
    flags(2), flags(255),
    .data("the compressed flag without an encoding", mislabelled, bytes: Frame.message([1], flags: 1)),
    .data(
      "the compressed flag with identity",
      mislabelled,
      bytes: Frame.message([1], flags: 1),
      encoding: "identity"
    ),
    .data(
      "an encoding that was not accepted",
      .internalError,
      .unimplemented,
      bytes: Frame.message([1], flags: 1),
      encoding: "gzip"
    ),
    .data(
      "an unknown encoding",
      EngineCapabilities.current.refusesUnreadableHeaders ? [unreadable] : mislabelled,
      bytes: Frame.message([1], flags: 1),
      encoding: "snappy"
    ),
    HostileAnswer("a message, and an error", .notFound) { stream in
      [
        .response(stream: stream), .data(Frame.message([1]), stream: stream),
        .trailers([("grpc-status", "5")], stream: stream),
      ]
    },
    HostileAnswer("two messages, and an error", .notFound, .unimplemented) { stream in
      let data = Frame.message([1]) + Frame.message([2])
      return [
        .response(stream: stream), .data(data, stream: stream), .trailers([("grpc-status", "5")], stream: stream),
      ]
    },
    HostileAnswer("a message in frames of one byte", nil) { stream in
      [.response(stream: stream)] + Frame.message([1, 2, 3]).map { .data([$0], stream: stream) }
        + [.trailers(good, stream: stream)]
    },
    .within("a thousand frames without data", nil) { stream in
      [HTTP2Frame](repeating: .data([], stream: stream), count: 1000)
    },
  ]

  // MARK: Headers

  private static func fields(_ name: String, _ codes: RPCError.Code?..., fields: (String, String)...) -> HostileAnswer {
    HostileAnswer(name, codes) { stream in
      [
        HTTP2Frame.headers(fields, stream: stream), .data(Frame.message([1]), stream: stream),
        .trailers(good, stream: stream),
      ].bytes
    }
  }

  private static func block(_ name: String, _ codes: RPCError.Code?..., block: [UInt8]) -> HostileAnswer {
    HostileAnswer(name, codes) { stream in
      [
        HTTP2Frame(kind: .headers, flags: Frame.endsHeaders, stream: stream, payload: block),
        .data(Frame.message([1]), stream: stream), .trailers(good, stream: stream),
      ].bytes
    }
  }

  private static let headerBlocks: [HostileAnswer] = [
    fields(
      "two HTTP statuses",
      nil,
      .internalError,
      .unavailable,
      .unknown,
      fields: (":status", "200"),
      (":status", "503")
    ),
    fields(
      "a pseudo-header after others",
      nil,
      .internalError,
      .unavailable,
      .unknown,
      fields: ("x", "y"),
      (":status", "200")
    ),
    fields(
      "an unknown pseudo-header",
      nil,
      .internalError,
      .unavailable,
      .unknown,
      fields: (":status", "200"),
      (":x", "y")
    ),
    fields(
      "a request's pseudo-header",
      nil,
      .internalError,
      .unavailable,
      .unknown,
      fields: (":status", "200"),
      (":path", "/x")
    ),
    fields(
      "a name in upper case",
      nil,
      .internalError,
      .unavailable,
      .unknown,
      fields: (":status", "200"),
      ("X-Upper", "y")
    ),
    fields("an empty name", nil, .internalError, .unavailable, .unknown, fields: (":status", "200"), ("", "y")),
    fields(
      "a name with a line feed",
      nil,
      .internalError,
      .unavailable,
      .unknown,
      fields: (":status", "200"),
      ("x\ny", "z")
    ),
    fields(
      "a value with a NUL",
      nil,
      .internalError,
      .unavailable,
      .unknown,
      fields: (":status", "200"),
      ("x", "a\0b")
    ),
    fields(
      "a header of HTTP/1",
      nil,
      .internalError,
      .unavailable,
      fields: (":status", "200"),
      ("connection", "close")
    ),
    fields("an unknown te", nil, .internalError, .unavailable, .unknown, fields: (":status", "200"), ("te", "gzip")),
    fields("a timeout", unreadable, fields: (":status", "200"), ("grpc-timeout", "-1S")),
    fields(
      "a binary value that is not base64",
      nil,
      .internalError,
      .unavailable,
      .unknown,
      fields: (":status", "200"),
      ("x-bin", "!!!")
    ),
    fields(
      "a binary value of one character",
      nil,
      .internalError,
      .unavailable,
      .unknown,
      fields: (":status", "200"),
      ("x-bin", "A")
    ),
    fields("9,000 bytes", .resourceExhausted, fields: (":status", "200"), ("x", String(repeating: "y", count: 9000))),
    .trailers(
      "a binary value that is not base64 in the trailers",
      .internalError,
      .unavailable,
      .unknown,
      nil,
      fields: [("x-bin", "!!!")] + good
    ),
    .trailers(
      "9,000 bytes in the trailers",
      .resourceExhausted,
      fields: [("x", String(repeating: "y", count: 9000))] + good
    ),
    .trailers("a negative pushback", .notFound, fields: [("grpc-status", "5"), ("grpc-retry-pushback-ms", "-1")]),
    block("index 0", .internalError, .unavailable, .unknown, block: [0x80]),
    block("an index beyond the table", .internalError, .unavailable, .unknown, block: [0xFF, 0x80, 0x01]),
    block("an endless index", .internalError, .unavailable, .unknown, block: [UInt8](repeating: 0xFF, count: 64)),
    block(
      "a string longer than the block",
      .internalError,
      .unavailable,
      .unknown,
      block: [0, 1, UInt8(ascii: "x"), 100, 1]
    ),
    block(
      "a string of 4 GiB",
      .internalError,
      .unavailable,
      .unknown,
      block: [0, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 1]
    ),
    block(
      "a code of Huffman that ends too late",
      nil,
      .internalError,
      .unavailable,
      block: [0x88, 0, 1, 120, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]
    ),
    block(
      "a table of 4 GiB",
      .internalError,
      .unavailable,
      .unknown,
      block: [0x3F, 0xE1, 0xFF, 0xFF, 0xFF, 0x0F, 0x88]
    ),
    block("nothing", .unknown, nil, .internalError, block: []),
  ]

  // MARK: Frames

  private static let frames: [HostileAnswer] = [
    HostileAnswer("data before the headers", nil, .internalError, .unavailable, .unknown) { stream in
      [.data(Frame.message([1]), stream: stream), .response(stream: stream), .trailers(good, stream: stream)]
    },
    HostileAnswer("headers three times", nil, .internalError, .unavailable, .unknown) { stream in
      [
        .response(stream: stream), .response(stream: stream), .data(Frame.message([1]), stream: stream),
        .trailers(good, stream: stream),
      ]
    },
    HostileAnswer("frames after the end", nil) { stream in
      [
        .response(stream: stream), .data(Frame.message([1]), stream: stream), .trailers(good, stream: stream),
        .data(Frame.message([2]), stream: stream), .trailers(good, stream: stream), .reset(1, stream: stream),
      ]
    },
    .within("padded data", .internalError, .unavailable, .unknown) { stream in
      [.data([2] + Frame.message([7]) + [0, 0], stream: stream, flags: Frame.isPadded)]
    },
    .within("more padding than data", .internalError, .unavailable, .unknown) { stream in
      [.data([255, 1], stream: stream, flags: Frame.isPadded)]
    },
    .within("data on stream 0", nil, .internalError, .unavailable, .unknown) { _ in [.data([1], stream: 0)] },
    .within("data on a stream that is not there", nil, .internalError, .unavailable, .unknown) { _ in
      [.data([1], stream: 999)]
    },
    .within("headers on a stream of the server's", nil, .internalError, .unavailable, .unknown) { _ in
      [.response(stream: 2)]
    },
    .within("a pushed stream", .internalError, .unavailable, .unknown, nil) { stream in
      [HTTP2Frame(kind: .pushPromise, flags: Frame.endsHeaders, stream: stream, payload: Frame.number(2) + [0x82])]
    },
    .within("a continuation of nothing", .internalError, .unavailable, .unknown) { stream in
      [HTTP2Frame(kind: .continuation, flags: Frame.endsHeaders, stream: stream, payload: [0x88])]
    },
    HostileAnswer("headers that go on with data", .internalError, .unavailable, .unknown) { stream in
      [.headers([(":status", "200")], stream: stream, flags: 0), .data(Frame.message([1]), stream: stream)]
    },
    .closing("headers that do not go on", .internalError, .unavailable, .unknown) { stream in
      HTTP2Frame.headers([(":status", "200")], stream: stream, flags: 0).bytes
    },
    .closing("a hundred continuations, and no end", .internalError, .unavailable, .unknown, .resourceExhausted) {
      stream in
      let more = HTTP2Frame(
        kind: .continuation,
        stream: stream,
        payload: Frame.fields([("x", String(repeating: "y", count: 1000))])
      )
      return ([.headers([(":status", "200")], stream: stream, flags: 0)] + [HTTP2Frame](repeating: more, count: 100))
        .bytes
    },
    .within("a frame of an unknown kind", nil) { stream in
      [HTTP2Frame(kind: .unknown, stream: stream, payload: [1, 2, 3])]
    },
    .within("a frame of 16 MiB", .internalError, .unavailable, .unknown) { stream in [.oversized(stream: stream)] },
    .within("a ping of seven bytes", .internalError, .unavailable, .unknown) { _ in
      [HTTP2Frame(kind: .ping, payload: [1, 2, 3, 4, 5, 6, 7])]
    },
    .within("an answer to no ping", nil) { _ in
      [HTTP2Frame(kind: .ping, flags: 1, payload: [UInt8](repeating: 9, count: 8))]
    },
    .within("a thousand pings", nil) { _ in [HTTP2Frame](repeating: .ping(1), count: 1000) },
    .within("a priority of three bytes", nil, .internalError, .unavailable, .unknown) { stream in
      [HTTP2Frame(kind: .priority, stream: stream, payload: [1, 2, 3])]
    },
    .within("settings of five bytes", .internalError, .unavailable, .unknown) { _ in
      [HTTP2Frame(kind: .settings, payload: [0, 4, 0, 0, 1])]
    },
    .within("an acknowledgement with settings", .internalError, .unavailable, .unknown) { _ in
      [HTTP2Frame(kind: .settings, flags: 1, payload: [0, 4, 0, 0, 0, 1])]
    },
    .within("a window of 4 GiB as a setting", .internalError, .unavailable, .unknown) { _ in [.settings([(4, .max)])] },
    .within("frames of no bytes as a setting", .internalError, .unavailable, .unknown) { _ in [.settings([(5, 0)])] },
    .within("pushing with the value 2", .internalError, .unavailable, .unknown, nil) { _ in [.settings([(2, 2)])] },
    .within("an unknown setting", nil) { _ in [.settings([(0x7777, .max)])] },
    .within("no streams as a setting", nil) { _ in [.settings([(3, 0)]), .settings([(3, 100)])] },
    .within("an increment of 0", .internalError, .unavailable, .unknown) { _ in [.windowUpdate(0)] },
    .within("an increment of 0 for the stream", .internalError, .unavailable, .unknown) {
      [.windowUpdate(0, stream: $0)]
    },
    .within("a window beyond 2 GiB", .internalError, .unavailable, .unknown, nil) { _ in
      [.windowUpdate(0x7FFF_FFFF), .windowUpdate(0x7FFF_FFFF)]
    },
    .within("a window of the stream beyond 2 GiB", .internalError, .unavailable, .unknown, nil) { stream in
      [.windowUpdate(0x7FFF_FFFF, stream: stream), .windowUpdate(0x7FFF_FFFF, stream: stream)]
    },
  ]

  // MARK: Resets

  private static let resets: [HostileAnswer] =
    [
      (UInt32(0), RPCError.Code.internalError), (1, .internalError), (2, .internalError), (3, .internalError),
      (5, .internalError),
      (7, .unavailable), (8, .cancelled), (11, .resourceExhausted), (12, .permissionDenied), (0xDEAD, .internalError),
    ].map { number, code in
      HostileAnswer("a reset with the code \(number)", code, frames: { [.reset(number, stream: $0)] })
    } + [
      HostileAnswer("a reset after the headers", .internalError) { [.response(stream: $0), .reset(2, stream: $0)] },
      HostileAnswer("a reset after the message", .internalError) { stream in
        [.response(stream: stream), .data(Frame.message([1]), stream: stream), .reset(2, stream: stream)]
      },
      HostileAnswer("a reset after the end", nil) { stream in
        [
          .response(stream: stream), .data(Frame.message([1]), stream: stream), .trailers(good, stream: stream),
          .reset(2, stream: stream),
        ]
      },
      HostileAnswer("a reset of three bytes", .internalError, .unavailable, .unknown) { stream in
        [HTTP2Frame(kind: .resetStream, stream: stream, payload: [0, 0, 1])]
      },
      .within("a reset of stream 0", .internalError, .unavailable, .unknown, nil) { _ in [.reset(2, stream: 0)] },
    ]

  // MARK: Connections

  private static let unseen: HostileAnswer = {
    let code: RPCError.Code? = EngineCapabilities.current.retriesSurviveMissingStatus ? nil : .unavailable
    var answer = HostileAnswer("GOAWAY that names no stream", code) { _ in [.goAway(lastStream: 0)] }
    answer.isUnseen = true
    return answer
  }()

  private static let connections: [HostileAnswer] = [
    unseen,
    .within("GOAWAY in the middle", nil) { [.goAway(lastStream: $0)] },
    .within("GOAWAY with an error in the middle", nil) { [.goAway(lastStream: $0, code: 2, text: "oh")] },
    .within("GOAWAY because of pings", nil) { [.goAway(lastStream: $0, code: 11, text: "too_many_pings")] },
    .within("GOAWAY of seven bytes", .internalError, .unavailable, .unknown) { _ in
      [HTTP2Frame(kind: .goAway, payload: [0, 0, 0, 1, 0, 0, 0])]
    },
    .within("GOAWAY with 16,000 bytes", nil) { [.goAway(lastStream: $0, text: String(repeating: "z", count: 16_000))] },
    .closing("the end of the connection", .unavailable) { _ in [] },
    .closing("the end of the connection within a frame", .unavailable) {
      Array(HTTP2Frame.response(stream: $0).bytes.dropLast(3))
    },
    .closing("the end of the connection within a frame's prefix", .unavailable) { _ in [0, 0, 9, 1] },
    .closing("the end of the connection after the message", .unavailable) { stream in
      [.response(stream: stream), .data(Frame.message([1]), stream: stream)].bytes
    },
    .greeting("HTTP/1.1", Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".utf8)),
    .greeting("the greeting of SSH", Array("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n".utf8)),
    .greeting("an alert of TLS", [21, 3, 1, 0, 2, 2, 70]),
    .greeting("zeros", [UInt8](repeating: 0, count: 1000)),
    .greeting("a page", Array("<html><body>hello</body></html>".utf8)),
    .greeting("nothing", []),
    .greeting("a frame that is not of settings", HTTP2Frame.ping(1).bytes),
  ]
}

extension HTTP2Frame {
  /// The beginning of a frame that is larger than any may be.
  fileprivate static func oversized(stream: UInt32) -> HTTP2Frame {
    HTTP2Frame(kind: .data, stream: stream, payload: [UInt8](repeating: 0, count: 0xFF_FFFF))
  }
}
