internal import ProtobufC
internal import ProtobufCReflection

/// Reads the tokens of JSON.
struct JSONScanner {
  private let bytes: [UInt8]

  /// The largest depth of nested objects and arrays.
  private let depthLimit: Int

  private let stackGuard: StackGuard

  /// The position of the next byte.
  private(set) var position = 0

  /// The number of objects and arrays that have begun and not ended.
  private var depth = 0

  /// - Parameters:
  ///   - bytes: UTF-8.
  ///   - options: The limits.
  init(_ bytes: [UInt8], options: JSONDecodingOptions) {
    self.bytes = bytes
    depthLimit = options.messageDepthLimit
    stackGuard = .fromHere(allowing: options.maxStackBytes)
  }

  /// The next byte that is not white space, or nil at the end.
  mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): position += 1
      default: return bytes[position]
      }
    }
    return nil
  }

  /// Takes a character if it is the next one.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Takes a character that must be the next one.
  mutating func expect(_ character: Unicode.Scalar) throws(JSONDecodingError) {
    guard take(character) else { throw malformed("expected '\(character)'") }
  }

  /// Takes a word if it is the next one.
  mutating func take(word: String) -> Bool {
    _ = peek()
    let word = word.utf8
    guard bytes[position...].starts(with: word) else { return false }
    position += word.count
    return true
  }

  /// Sees that nothing follows.
  mutating func expectEnd() throws(JSONDecodingError) {
    guard peek() == nil else { throw malformed("unexpected text after the value") }
  }

  /// Begins an array.
  mutating func beginArray() throws(JSONDecodingError) {
    try begin("[", "an array")
  }

  /// Begins an object.
  mutating func beginObject() throws(JSONDecodingError) {
    try begin("{", "an object")
  }

  private mutating func begin(_ character: Unicode.Scalar, _ name: String) throws(JSONDecodingError) {
    guard take(character) else {
      // Another value is not a fault of the text.
      let isValue = peek().map { "{[\"-0123456789tfn".utf8.contains($0) } ?? false
      throw isValue ? error(.invalidValue, "expected \(name)") : malformed("expected \(name)")
    }
    depth += 1
    guard depth <= depthLimit else {
      throw error(.tooDeep, "values nest deeper than messageDepthLimit (\(depthLimit))")
    }
    guard !stackGuard.isExhausted() else {
      throw error(.tooDeep, "values nest too deep for maxStackBytes")
    }
  }

  /// Whether another element or member follows; ends the array or the object if not.
  ///
  /// - Parameters:
  ///   - close: The character that ends it.
  ///   - isFirst: Whether no element was before. Becomes false.
  mutating func next(until close: Unicode.Scalar, isFirst: inout Bool) throws(JSONDecodingError) -> Bool {
    if take(close) {
      depth -= 1
      return false
    }
    if !isFirst { try expect(",") }
    isFirst = false
    return true
  }

  /// Takes the name of a member and the colon after it.
  mutating func key() throws(JSONDecodingError) -> ArraySlice<UInt8> {
    let key = try string()
    try expect(":")
    return key
  }
}

// MARK: - Values

extension JSONScanner {
  /// Takes a string, and returns its characters in UTF-8.
  mutating func string() throws(JSONDecodingError) -> ArraySlice<UInt8> {
    guard take("\"") else { throw malformed("expected a string") }
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return bytes[start..<position - 1]
      case UInt8(ascii: "\\"): return try escapedString(bytes[start..<position])
      case 0..<0x20: throw malformed("a string has a control character")
      default: position += 1
      }
    }
    throw malformed("a string has no end")
  }

  /// Takes the rest of a string from its first escape on.
  private mutating func escapedString(_ beginning: ArraySlice<UInt8>) throws(JSONDecodingError) -> ArraySlice<UInt8> {
    var content = Array(beginning)
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return content[...]
      case UInt8(ascii: "\\"):
        position += 1
        content.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20: throw malformed("a string has a control character")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw malformed("a string has no end")
  }

  /// Takes an escape whose backslash has been taken.
  private mutating func escape() throws(JSONDecodingError) -> Unicode.Scalar {
    guard position < bytes.count else { throw malformed("a string has no end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try scalar()
    default: throw malformed("invalid escape in a string")
    }
  }

  /// Takes the digits of an escape, and the second half of a pair of surrogates.
  private mutating func scalar() throws(JSONDecodingError) -> Unicode.Scalar {
    let unit = try codeUnit()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    if UTF16.isLeadSurrogate(unit), bytes[position...].starts(with: "\\u".utf8) {
      position += 2
      let trail = try codeUnit()
      if UTF16.isTrailSurrogate(trail),
        let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00))
      {
        return scalar
      }
    }
    throw malformed("unpaired surrogate in a string")
  }

  private mutating func codeUnit() throws(JSONDecodingError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard position < bytes.count, let digit = Self.hexDigit(bytes[position]) else {
        throw malformed("an escape has too few digits")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Takes a number.
  mutating func number() throws(JSONDecodingError) -> JSONNumber {
    _ = peek()
    guard let number = JSONNumber(prefixOf: bytes[position...]) else { throw malformed("expected a number") }
    position += number.text.count
    return number
  }

  /// Takes a value without looking at it.
  mutating func skipValue() throws(JSONDecodingError) {
    switch peek() {
    case UInt8(ascii: "{"):
      try beginObject()
      var isFirst = true
      while try next(until: "}", isFirst: &isFirst) {
        _ = try key()
        try skipValue()
      }
    case UInt8(ascii: "["):
      try beginArray()
      var isFirst = true
      while try next(until: "]", isFirst: &isFirst) { try skipValue() }
    case UInt8(ascii: "\""): _ = try string()
    default:
      if !take(word: "true"), !take(word: "false"), !take(word: "null") { _ = try number() }
    }
  }
}

// MARK: - Errors

extension JSONScanner {
  /// An error at the current position.
  func error(_ code: JSONDecodingError.Code, _ message: String) -> JSONDecodingError {
    JSONDecodingError(code: code, message: "\(message) (\(TextPosition(of: position, in: bytes)))")
  }

  func malformed(_ message: String) -> JSONDecodingError {
    error(.malformed, position < bytes.count ? message : "the text ends too early: \(message)")
  }
}
