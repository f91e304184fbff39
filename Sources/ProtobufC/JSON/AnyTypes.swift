/// The type URLs of `Any`s whose `@type` is not the first member of the object.
///
/// The fields of an object can be read only if its type is known. Therefore the reader searches the object for the type
/// before that. One search finds the types of all objects within, so that each part of the text is searched at most
/// once, however deep it nests.
struct AnyTypes {
  /// The type URLs that have been found, by the positions of their objects' first members.
  private var urls: [Int: ArraySlice<UInt8>] = [:]

  /// The end of the text that has been searched.
  private var end = 0

  /// The type URL of an object, or nil if it has none.
  ///
  /// - Parameter scanner: A scanner after the object's brace. It stays there.
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

  /// Searches an object whose brace has been taken, to its end.
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
