internal import ProtobufC
internal import ProtobufCReflection

/// Reads messages from text format, and writes them in the wire format.
struct TextReader {
  let pool: TypePool
  let options: TextFormatDecodingOptions
  private var scanner: TextScanner
  private var output = WireOutput()

  /// The packed field of the current message whose values are being written, and where they begin.
  ///
  /// Values that follow each other become one piece, as they are written from a message. Extensions, and the message in
  /// an `Any`, stay as they are read.
  private var packed: (index: Int, start: Int)?

  /// - Parameter bytes: UTF-8.
  init(_ bytes: [UInt8], pool: TypePool, options: TextFormatDecodingOptions) {
    self.pool = pool
    self.options = options
    scanner = TextScanner(bytes, options: options)
  }

  /// Reads a message that is the whole text.
  mutating func document(of type: MessageType) throws(TextFormatDecodingError) -> [UInt8] {
    try fields(of: type, until: nil)
    return output.bytes
  }

  /// Reads fields up to a character, or to the end of the text.
  private mutating func fields(
    of type: MessageType,
    until close: Unicode.Scalar?
  ) throws(TextFormatDecodingError) {
    var seen = SeenFields()
    while try !isAtEnd(close) {
      if scanner.peek() == UInt8(ascii: "[") {
        try bracketedField(of: type, &seen)
      } else if let name = scanner.word() {
        if let index = type.index(ofTextName: name) {
          try field(index, of: type, &seen)
        } else {
          guard options.ignoreUnknownFields || type.reservedNames.contains(name) else {
            throw scanner.error(.unknownField, "\(type.name) has no field of this name")
          }
          try skipField()
        }
      } else {
        throw scanner.malformed("expected a field")
      }
      if !scanner.take(",") { _ = scanner.take(";") }
    }
    endPacked()
    for index in type.requiredFields where !seen.contains(index) {
      throw scanner.error(.missingField, "\(type.name) lacks the required field \(type.fields[index].name)")
    }
  }

  private mutating func isAtEnd(_ close: Unicode.Scalar?) throws(TextFormatDecodingError) -> Bool {
    guard scanner.peek() != nil else {
      guard let close else { return true }
      throw scanner.malformed("expected '\(close)'")
    }
    return close.map { scanner.end($0) } ?? false
  }

  /// Reads a field whose name is in brackets: an extension, or the message in an `Any`.
  private mutating func bracketedField(
    of type: MessageType,
    _ seen: inout SeenFields
  ) throws(TextFormatDecodingError) {
    let name = try scanner.bracketedName()
    if name.utf8.contains(UInt8(ascii: "/")) {
      guard type.wellKnown == .any else {
        throw scanner.error(.unknownField, "\(type.name) is not an Any, and so cannot hold a message by its type")
      }
      guard seen.insertType(), seen.insert(0), seen.insert(1) else {
        throw scanner.error(.duplicateField, "an Any has two messages")
      }
      try any(name)
    } else if let index = type.index(ofTextName: "[\(name)]") {
      try field(index, of: type, &seen)
    } else {
      guard options.ignoreUnknownFields || options.ignoreUnknownExtensionFields else {
        throw scanner.error(.unknownField, "\(type.name) has no extension of this name")
      }
      try skipField()
    }
  }

  private mutating func any(_ url: String) throws(TextFormatDecodingError) {
    guard let type = pool.message(ofTypeURL: url) else {
      throw scanner.error(.unknownType, "an Any has a type that is not in the options' types")
    }
    _ = scanner.take(":")
    endPacked()
    output.field(1, url.utf8)
    output.tag(2, .lengthPrefixed)
    let start = output.beginLengthPrefixed()
    try message(type)
    output.endLengthPrefixed(at: start)
  }

  /// Reads a field whose name has been taken.
  private mutating func field(
    _ index: Int,
    of type: MessageType,
    _ seen: inout SeenFields
  ) throws(TextFormatDecodingError) {
    let field = type.fields[index]
    if !seen.insert(index), !field.isRepeated {
      throw scanner.error(.duplicateField, "\(type.name) has the field \(field.name) twice")
    }
    if let oneOf = field.oneOf, !seen.insert(oneOf: oneOf) {
      throw scanner.error(.duplicateField, "\(type.name) has two fields of one oneof, \(field.name) and another")
    }
    let hasColon = scanner.take(":")
    guard hasColon || field.messageIndex != nil else { throw scanner.malformed("expected ':'") }
    if packed?.index != index { endPacked() }
    guard field.isRepeated, try scanner.beginList() else { return try value(of: field, index) }
    guard !scanner.end("]") else { return }
    repeat { try value(of: field, index) } while scanner.take(",")
    guard scanner.end("]") else { throw scanner.malformed("expected ']'") }
  }

  /// Reads one value, and writes it, with its tag unless it is packed with others.
  private mutating func value(of field: FieldType, _ index: Int) throws(TextFormatDecodingError) {
    switch field.kind {
    case .message(let index):
      output.tag(field.number, .lengthPrefixed)
      let start = output.beginLengthPrefixed()
      try message(pool.messages[index])
      output.endLengthPrefixed(at: start)
    case .group(let index):
      output.tag(field.number, .groupStart)
      try message(pool.messages[index])
      output.tag(field.number, .groupEnd)
    default:
      guard let value = try scalar(field.kind) else {
        throw scanner.error(.invalidValue, "the value of the field \(field.name) is not of its type")
      }
      guard field.isPacked else {
        output.tag(field.number, field.kind.wireType)
        return output.scalar(value, as: field.kind)
      }
      if packed == nil {
        output.tag(field.number, .lengthPrefixed)
        packed = (index, output.beginLengthPrefixed())
      }
      output.scalar(value, as: field.kind)
    }
  }

  private mutating func endPacked() {
    guard let packed else { return }
    output.endLengthPrefixed(at: packed.start)
    self.packed = nil
  }

  private mutating func message(_ type: MessageType) throws(TextFormatDecodingError) {
    guard let close = try scanner.beginMessage() else { throw scanner.malformed("expected '{'") }
    try fields(of: type, until: close)
  }

  // MARK: Scalars

  /// Reads a value that is not a message; nil if it is not of its kind.
  private mutating func scalar(_ kind: FieldType.Kind) throws(TextFormatDecodingError) -> ScalarValue? {
    switch kind {
    case .string:
      guard let bytes = try scanner.string(), String(validating: bytes, as: UTF8.self) != nil else { return nil }
      return .string(bytes[...])
    case .bytes: return try scanner.string().map { .bytes($0[...]) }
    case .bool: return bool()
    case .enumeration(let index):
      if let name = scanner.word() {
        return pool.enums[index].number(of: name).map { .enumeration($0, type: index) }
      }
      guard let number = integer(Int32.self), !pool.enums[index].isClosed || pool.enums[index].name(of: number) != nil
      else { return nil }
      return .enumeration(number, type: index)
    case .double: return floatingPoint(Double.self).map { .double($0) }
    case .float: return floatingPoint(Float.self).map { .float($0) }
    case .int32, .sint32, .sfixed32: return integer(Int32.self).map { .int32($0) }
    case .int64, .sint64, .sfixed64: return integer(Int64.self).map { .int64($0) }
    case .uint32, .fixed32: return integer(UInt32.self).map { .uint32($0) }
    case .uint64, .fixed64: return integer(UInt64.self).map { .uint64($0) }
    case .message, .group: return nil
    }
  }

  private mutating func bool() -> ScalarValue? {
    switch scanner.word() {
    case "true", "True", "t": return .bool(true)
    case "false", "False", "f": return .bool(false)
    case nil: return integer(UInt64.self).flatMap { $0 < 2 ? .bool($0 == 1) : nil }
    default: return nil
    }
  }

  private mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    let sign = scanner.take("-") ? "-" : ""
    guard let text = scanner.numberText() else { return nil }
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      return Number(sign + text.dropFirst(2), radix: 16)
    }
    return Number(sign + text, radix: text.hasPrefix("0") ? 8 : 10)
  }

  private mutating func floatingPoint<Number: BinaryFloatingPoint & LosslessStringConvertible>(
    _ type: Number.Type
  ) -> Number? {
    let isNegative = scanner.take("-")
    let magnitude: Number?
    if let word = scanner.word() {
      magnitude =
        switch word.lowercased() {
        case "inf", "infinity": Number.infinity
        case "nan": Number.nan
        default: nil
        }
    } else if let text = scanner.numberText() {
      magnitude = Self.floatingPoint(text)
    } else {
      magnitude = nil
    }
    return magnitude.map { isNegative ? -$0 : $0 }
  }

  /// A decimal number, with the `f` that C has after a `float`.
  ///
  /// Beyond all numbers it is an infinity.
  private static func floatingPoint<Number: BinaryFloatingPoint & LosslessStringConvertible>(
    _ text: String
  ) -> Number? {
    let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
    // With a fraction, too: `010.5` is not a number.
    let second = text.utf8.dropFirst().first ?? 0
    let isOctal = text.utf8.starts(with: "0".utf8) && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(second)
    guard !isHexadecimal, !isOctal else { return nil }
    return Number(text.hasSuffix("f") || text.hasSuffix("F") ? String(text.dropLast()) : text)
  }

  // MARK: Unknown fields

  /// Passes over a field whose name has been taken.
  private mutating func skipField() throws(TextFormatDecodingError) {
    let hasColon = scanner.take(":")
    if let close = try scanner.beginMessage() { return try skipFields(until: close) }
    guard hasColon || scanner.peek() == UInt8(ascii: "[") else { throw scanner.malformed("expected ':'") }
    try skipValue()
  }

  private mutating func skipFields(until close: Unicode.Scalar) throws(TextFormatDecodingError) {
    while try !isAtEnd(close) {
      if scanner.peek() == UInt8(ascii: "[") {
        _ = try scanner.bracketedName()
      } else if scanner.word() == nil {
        throw scanner.malformed("expected a field")
      }
      try skipField()
      if !scanner.take(",") { _ = scanner.take(";") }
    }
  }

  private mutating func skipValue() throws(TextFormatDecodingError) {
    if let close = try scanner.beginMessage() { return try skipFields(until: close) }
    if try scanner.beginList() {
      guard !scanner.end("]") else { return }
      repeat { try skipValue() } while scanner.take(",")
      guard scanner.end("]") else { throw scanner.malformed("expected ']'") }
    } else if try scanner.string() == nil {
      _ = scanner.take("-")
      guard scanner.word() != nil || scanner.numberText() != nil else {
        throw scanner.malformed("expected a value")
      }
    }
  }
}
