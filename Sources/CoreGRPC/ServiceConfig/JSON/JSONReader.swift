/// A reader of JSON texts.
///
/// It takes the texts that RFC 8259 allows, to a depth that is enough for every config, and no others. It keeps numbers
/// and `null` as they are written.
struct JSONReader {
  private static let maxDepth = 64

  /// The place in a text from which on it is not JSON, counted from one.
  struct Fault: Error, Hashable {
    let line: Int
    /// The number of the Unicode scalar in its line.
    let column: Int
  }

  private var rest: ArraySlice<UInt8>

  private init(_ text: String) { rest = Array(text.utf8)[...] }

  /// Returns the value of a text; `nil` if the text is not JSON.
  static func value(of text: String) -> JSONValue? { try? read(text) }

  /// Returns the value of a text.
  ///
  /// - Throws: The place of the first mistake.
  static func read(_ text: String) throws(Fault) -> JSONValue {
    var reader = JSONReader(text)
    let value = reader.value(depth: 0)
    if value != nil { reader.skipSpace() }
    guard let value, reader.rest.isEmpty else {
      let before = Array(text.utf8.prefix(reader.rest.startIndex))
      let newline = UInt8(ascii: "\n")
      let line = before.suffix(from: before.lastIndex(of: newline).map { $0 + 1 } ?? 0)
      throw Fault(
        line: before.count { $0 == newline } + 1,
        column: String(decoding: line, as: UTF8.self).unicodeScalars.count + 1
      )
    }
    return value
  }

  private mutating func skipSpace() {
    rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
  }

  /// Skips white space, and a character if it comes next.
  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard rest.first == UInt8(ascii: character) else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func value(depth: Int) -> JSONValue? {
    guard depth < Self.maxDepth else { return nil }
    if skip("{") { return object(depth: depth) }
    if skip("[") { return array(depth: depth) }
    if skip("\"") { return string().map { .string($0) } }
    for (word, value) in [("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .raw("null"))]
    where rest.starts(with: word.utf8) {
      rest = rest.dropFirst(word.utf8.count)
      return value
    }
    return number()
  }

  private mutating func object(depth: Int) -> JSONValue? {
    var object = JSONObject()
    if skip("}") { return .object(object) }
    repeat {
      guard skip("\""), let name = string(), skip(":"), let value = value(depth: depth + 1) else { return nil }
      object.add(name, value)
    } while skip(",")
    return skip("}") ? .object(object) : nil
  }

  private mutating func array(depth: Int) -> JSONValue? {
    var values: [JSONValue] = []
    if skip("]") { return .array(values) }
    repeat {
      guard let value = value(depth: depth + 1) else { return nil }
      values.append(value)
    } while skip(",")
    return skip("]") ? .array(values) : nil
  }

  private mutating func number() -> JSONValue? {
    let start = rest
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    if rest.first == UInt8(ascii: "0") { rest.removeFirst() } else if !skipDigits() { return nil }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      if !skipDigits() { return nil }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest.removeFirst()
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
      if !skipDigits() { return nil }
    }
    return .number(String(decoding: start[..<rest.startIndex], as: UTF8.self))
  }

  private mutating func skipDigits() -> Bool {
    let start = rest.startIndex
    rest = rest.drop { (0x30...0x39).contains($0) }
    return rest.startIndex > start
  }

  /// Reads the string whose first quote has been read.
  private mutating func string() -> String? {
    var text = ""
    while true {
      let run = rest.prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 >= 0x20 }
      guard let piece = String(validating: run, as: UTF8.self) else { return nil }
      text += piece
      rest = rest[run.endIndex...]
      switch rest.popFirst() {
      case UInt8(ascii: "\""): return text
      case UInt8(ascii: "\\"):
        guard let scalar = escapedScalar() else { return nil }
        text.unicodeScalars.append(scalar)
      default: return nil
      }
    }
  }

  /// Reads the character of an escape sequence whose backslash has been read.
  private mutating func escapedScalar() -> Unicode.Scalar? {
    guard let byte = rest.popFirst() else { return nil }
    switch Unicode.Scalar(byte) {
    case "\"", "\\", "/": return Unicode.Scalar(byte)
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u":
      guard let first = codeUnit() else { return nil }
      guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
      guard
        rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u"),
        let second = codeUnit(), UTF16.isTrailSurrogate(second)
      else { return nil }
      return UTF16.decode(UTF16.EncodedScalar([first, second]))
    default: return nil
    }
  }

  private mutating func codeUnit() -> UInt16? {
    let digits = rest.prefix(4)
    rest = rest.dropFirst(4)
    var unit: UInt16 = 0
    for digit in digits {
      guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
      unit = unit << 4 | UInt16(value)
    }
    return digits.count == 4 ? unit : nil
  }
}

extension JSONObject {
  /// The value of a member, the last one if there are several.
  subscript(name: String) -> JSONValue? { members.last { $0.name == name }?.value }
}
