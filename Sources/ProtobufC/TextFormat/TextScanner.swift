internal import ProtobufC
internal import ProtobufCReflection

/// Reads the tokens of text format.
struct TextScanner {
  private let bytes: [UInt8]
  private let depthLimit: Int
  private let stackGuard: StackGuard

  /// The position of the next byte.
  private(set) var position = 0

  /// The number of messages and lists that have begun and not ended.
  private var depth = 0

  /// - Parameters:
  ///   - bytes: UTF-8.
  ///   - options: The limits.
  init(_ bytes: [UInt8], options: TextFormatDecodingOptions) {
    self.bytes = bytes
    depthLimit = options.messageDepthLimit
    stackGuard = .fromHere(allowing: options.maxStackBytes)
  }

  /// The next byte that is neither white space nor in a comment, or nil at the end.
  mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), 0x09...0x0D: position += 1
      case UInt8(ascii: "#"):
        position = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
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
  mutating func expect(_ character: Unicode.Scalar) throws(TextFormatDecodingError) {
    guard take(character) else { throw malformed("expected '\(character)'") }
  }

  /// Begins a message, and returns the character that ends it; nil if no message is next.
  mutating func beginMessage() throws(TextFormatDecodingError) -> Unicode.Scalar? {
    let close: Unicode.Scalar = peek() == UInt8(ascii: "<") ? ">" : "}"
    guard take("{") || take("<") else { return nil }
    try enter()
    return close
  }

  /// Begins a list, and returns whether one is next.
  mutating func beginList() throws(TextFormatDecodingError) -> Bool {
    guard take("[") else { return false }
    try enter()
    return true
  }

  /// Ends a message or a list, if the character that ends it is next.
  mutating func end(_ close: Unicode.Scalar) -> Bool {
    guard take(close) else { return false }
    depth -= 1
    return true
  }

  private mutating func enter() throws(TextFormatDecodingError) {
    depth += 1
    guard depth <= depthLimit else {
      throw error(.tooDeep, "messages nest deeper than messageDepthLimit (\(depthLimit))")
    }
    guard !stackGuard.isExhausted() else { throw error(.tooDeep, "messages nest too deep for maxStackBytes") }
  }
}

// MARK: - Words and numbers

extension TextScanner {
  private static func isInWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  /// Whether a byte may be in the type URL of an `Any`, or in the full name of an extension.
  static func isInTypeURL(_ byte: UInt8) -> Bool {
    isInWord(byte) || "/.-~!$&()*+,;=%".utf8.contains(byte)
  }

  /// Takes a word, or nothing if none is next.
  mutating func word() -> String? {
    guard let first = peek(), Self.isInWord(first), !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      return nil
    }
    return take(while: Self.isInWord)
  }

  /// Takes the name in brackets of an extension or of a type.
  mutating func bracketedName() throws(TextFormatDecodingError) -> String {
    try expect("[")
    var name = ""
    // White space may be between its parts.
    while let byte = peek(), Self.isInTypeURL(byte) { name += take(while: Self.isInTypeURL) }
    guard Self.hasValidEscapes(name) else { throw malformed("expected two hexadecimal digits after % in a type URL") }
    try expect("]")
    return name
  }

  /// Whether two hexadecimal digits follow each percent sign of a type URL, as protobuf's text format asks.
  private static func hasValidEscapes(_ url: String) -> Bool {
    url.utf8.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false).dropFirst().allSatisfy { rest in
      let digits = rest.prefix(2)
      return digits.count == 2 && digits.allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
    }
  }

  /// Takes a number without its sign as text, or nothing if none is next.
  mutating func numberText() -> String? {
    guard let first = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || first == UInt8(ascii: ".")
    else {
      return nil
    }
    var previous: UInt8 = 0
    let isHexadecimal = bytes[position...].starts(with: "0x".utf8) || bytes[position...].starts(with: "0X".utf8)
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      let isAfterExponent = !isHexadecimal && (previous | 0x20) == UInt8(ascii: "e")
      guard Self.isInWord(byte) || byte == UInt8(ascii: ".") || isSign && isAfterExponent else { break }
      previous = byte
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func take(while isPart: (UInt8) -> Bool) -> String {
    let part = bytes[position...].prefix(while: isPart)
    position = part.endIndex
    return String(decoding: part, as: UTF8.self)
  }
}

// MARK: - Strings

extension TextScanner {
  /// Takes a string, in as many parts as it comes in, or nothing if none is next.
  mutating func string() throws(TextFormatDecodingError) -> [UInt8]? {
    var content: [UInt8]?
    while let quote = peek(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      position += 1
      try stringPart(quote, &content)
    }
    return content
  }

  private mutating func stringPart(_ quote: UInt8, _ content: inout [UInt8]?) throws(TextFormatDecodingError) {
    var part = content ?? []
    // Uniquely referenced, so that parts are appended and not copied.
    content = nil
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case quote:
        content = part
        return
      case UInt8(ascii: "\n"): throw malformed("a string has a line break")
      case UInt8(ascii: "\\"): try escape(&part)
      default: part.append(byte)
      }
    }
    throw malformed("a string has no end")
  }

  private mutating func escape(_ content: inout [UInt8]) throws(TextFormatDecodingError) {
    guard position < bytes.count else { throw malformed("a string has no end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "a"): content.append(0x07)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "v"): content.append(0x0B)
    case UInt8(ascii: "?"), UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): content.append(byte)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      position -= 1
      guard let value = UInt8(exactly: digits(1...3, radix: 8) ?? 256) else {
        throw malformed("the escape exceeds a byte")
      }
      content.append(value)
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      guard let value = digits(1...2, radix: 16) else { throw malformed("an escape has too few digits") }
      content.append(UInt8(truncatingIfNeeded: value))
    case UInt8(ascii: "u"): try scalar(digitCount: 4, &content)
    case UInt8(ascii: "U"): try scalar(digitCount: 8, &content)
    default: throw malformed("invalid escape in a string")
    }
  }

  private mutating func scalar(digitCount: Int, _ content: inout [UInt8]) throws(TextFormatDecodingError) {
    guard let value = digits(digitCount...digitCount, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw malformed("the escape is not a Unicode character")
    }
    content.append(contentsOf: String(scalar).utf8)
  }

  /// Takes up to eight digits.
  private mutating func digits(_ counts: ClosedRange<Int>, radix: UInt32) -> UInt32? {
    var value: UInt32 = 0
    var count = 0
    while count < counts.upperBound, position < bytes.count,
      let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue, digit < radix
    {
      value = value &* radix | UInt32(digit)
      position += 1
      count += 1
    }
    return counts.contains(count) ? value : nil
  }
}

// MARK: - Errors

extension TextScanner {
  /// An error at the current position.
  func error(_ code: TextFormatDecodingError.Code, _ message: String) -> TextFormatDecodingError {
    TextFormatDecodingError(code: code, message: "\(message) (\(TextPosition(of: position, in: bytes)))")
  }

  func malformed(_ message: String) -> TextFormatDecodingError {
    error(.malformed, position < bytes.count ? message : "the text ends too early: \(message)")
  }
}
