/// A search for the strings in a JSON text, names of members included, which resolves their escapes.
///
/// It does not check the rest of the text: C-core parses it. Each string that C-core finds is among these.
struct JSONStrings {
  private var rest: ArraySlice<UInt8>

  private init(_ json: String) { rest = Array(json.utf8)[...] }

  /// Returns all strings of a text.
  static func all(in json: String) -> Set<String> {
    var strings = JSONStrings(json)
    var all: Set<String> = []
    while let string = strings.next() { all.insert(string) }
    return all
  }

  private mutating func next() -> String? {
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\"") { return string() }
    }
    return nil
  }

  /// Reads the string whose first quote has been read.
  private mutating func string() -> String {
    // Bytes that are not ASCII become something else that is not ASCII: the names looked for are.
    var units: [UInt16] = []
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      units.append(byte == UInt8(ascii: "\\") ? escaped() : UInt16(byte))
    }
    return String(decoding: units, as: UTF16.self)
  }

  private mutating func escaped() -> UInt16 {
    guard let byte = rest.popFirst() else { return 0 }
    switch byte {
    case UInt8(ascii: "u"):
      let digits = String(decoding: rest.prefix(4), as: UTF8.self)
      rest = rest.dropFirst(4)
      return UInt16(digits, radix: 16) ?? 0
    case UInt8(ascii: "b"): return 8
    case UInt8(ascii: "f"): return 12
    case UInt8(ascii: "n"): return 10
    case UInt8(ascii: "r"): return 13
    case UInt8(ascii: "t"): return 9
    default: return UInt16(byte)
    }
  }
}
