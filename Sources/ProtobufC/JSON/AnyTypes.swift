/// The types of messages in an `Any` that are not the first member of their objects, by the positions of these.
///
/// To know how to read an object, its type must be found first. Each part of the text is looked through once for that,
/// however deep it nests.
struct AnyTypes {
  private var urls: [Int: ArraySlice<UInt8>] = [:]

  /// The end of the text that has been looked through.
  private var end = 0

  /// The type URL of an object, or nil if it has none.
  ///
  /// - Parameter scanner: A scanner behind the object's brace. It stays there.
  mutating func url(ofObjectAt scanner: JSONScanner) throws(JSONDecodingError) -> ArraySlice<UInt8>? {
    var scanner = scanner
    _ = scanner.peek()
    let start = scanner.position
    if start >= end {
      try search(&scanner)
      end = scanner.position
    }
    return urls[start]
  }

  /// Looks through an object whose brace has been taken.
  private mutating func search(_ scanner: inout JSONScanner) throws(JSONDecodingError) {
    _ = scanner.peek()
    let start = scanner.position
    var isFirst = true
    while try scanner.next(until: "}", isFirst: &isFirst) {
      let key = try scanner.key()
      if key.elementsEqual("@type".utf8), scanner.peek() == UInt8(ascii: "\"") {
        urls[start] = try scanner.string()
      } else {
        try searchValue(&scanner)
      }
    }
  }

  private mutating func searchValue(_ scanner: inout JSONScanner) throws(JSONDecodingError) {
    switch scanner.peek() {
    case UInt8(ascii: "{"):
      try scanner.beginObject()
      try search(&scanner)
    case UInt8(ascii: "["):
      try scanner.beginArray()
      var isFirst = true
      while try scanner.next(until: "]", isFirst: &isFirst) { try searchValue(&scanner) }
    default: try scanner.skipValue()
    }
  }
}
