/// The request in the bytes that have arrived from a client of the page.
enum PageRequest: Equatable {
  /// The head is not complete.
  case incomplete
  /// The page; `HEAD` is for the fields of its head only.
  case page(isHead: Bool)
  /// Something that is answered by a status.
  case refused(status: String)

  /// The largest head that is read.
  static let maxBytes = 8192

  /// Reads the head of a request: its first line decides, and its fields do not matter.
  init(_ bytes: [UInt8]) {
    guard let end = Self.endOfHead(bytes) else {
      self = bytes.count < Self.maxBytes ? .incomplete : .refused(status: "431 Request Header Fields Too Large")
      return
    }
    let line = bytes[..<end].prefix { $0 != 0x0A && $0 != 0x0D }
    let words = line.split(separator: 0x20, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0", words[1].hasPrefix("/") else {
      self = .refused(status: "400 Bad Request")
      return
    }
    guard words[0] == "GET" || words[0] == "HEAD" else {
      self = .refused(status: "405 Method Not Allowed")
      return
    }
    guard words[1].prefix(while: { $0 != "?" }) == "/metrics" else {
      self = .refused(status: "404 Not Found")
      return
    }
    self = .page(isHead: words[0] == "HEAD")
  }

  /// The index after the empty line.
  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    var newlines = 0
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case 0x0A: newlines += 1
      case 0x0D: continue
      default: newlines = 0
      }
      if newlines == 2 { return index + 1 }
    }
    return nil
  }

  /// Returns the answer; `nil` until the head is complete.
  func response(page: () -> String) -> [UInt8]? {
    switch self {
    case .incomplete:
      return nil
    case .page(let isHead):
      return Self.response("200 OK", type: PrometheusText.contentType, body: page(), isHead: isHead)
    case .refused(let status):
      return Self.response(status, type: "text/plain; charset=utf-8", body: status + "\n", isHead: false)
    }
  }

  private static func response(_ status: String, type: String, body: String, isHead: Bool) -> [UInt8] {
    let allow = status.hasPrefix("405") ? "Allow: GET, HEAD\r\n" : ""
    let head = """
      HTTP/1.1 \(status)\r
      Content-Type: \(type)\r
      Content-Length: \(body.utf8.count)\r
      \(allow)Connection: close\r
      \r

      """
    // A page can have megabytes: one copy of it.
    var response: [UInt8] = []
    response.reserveCapacity(head.utf8.count + (isHead ? 0 : body.utf8.count))
    response += head.utf8
    if !isHead { response += body.utf8 }
    return response
  }
}
