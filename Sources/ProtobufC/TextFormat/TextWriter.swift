internal import ProtobufC
internal import ProtobufCReflection

/// Writes messages in the wire format as text.
struct TextWriter {
  let pool: TypePool
  let options: TextFormatEncodingOptions

  /// The output so far.
  private(set) var output: [UInt8] = []

  /// The number of messages that have begun and not ended.
  private var depth = 0

  /// Whether the fields being written are within an `Any` or an extension, whose bytes the decoder has not checked.
  private var isUnchecked = false

  private let stackGuard: StackGuard

  /// The largest depth within an `Any` or an extension: one that can be read again with default options.
  ///
  /// Each line is indented by its depth. Without a limit, a few bytes that nest deep would make a long text.
  private static let uncheckedDepthLimit = TextFormatDecodingOptions().messageDepthLimit

  init(pool: TypePool, options: TextFormatEncodingOptions) {
    self.pool = pool
    self.options = options
    // What the decoder has checked nests no deeper than its encoding on this stack allowed.
    stackGuard = .fromHere(allowing: 320 << 10)
  }

  /// Writes the fields of a message, a line each.
  ///
  /// - Returns: Whether the bytes are such a message, and nest no deeper than unchecked ones may.
  @discardableResult
  mutating func fields(_ bytes: ArraySlice<UInt8>, of type: MessageType) -> Bool {
    let keepsUnknown = options.printUnknownFields
    guard let message = try? WireMessage(bytes, as: type, keepsUnknown: keepsUnknown) else { return false }
    if type.wellKnown == .any, any(message, type) { return true }
    for entry in message.entries {
      let field = type.fields[entry.index]
      if let index = field.messageIndex {
        let type = pool.messages[index]
        for value in field.isMap ? sorted(entry.values, type) : entry.values {
          let isWritten =
            isUnchecked || field.isExtension
            ? unchecked(field.textName, value.content, of: type)
            : block(field.textName) { $0.fields(value.content, of: type) }
          if isWritten { continue }
          if isUnchecked { return false }
          unknown([value])
        }
      } else if let values = try? field.scalars(of: entry.values) {
        for value in field.isRepeated ? values[...] : values.suffix(1) {
          line("\(field.textName): \(describe(value))")
        }
      } else {
        if isUnchecked { return false }
        unknown(entry.values)
      }
    }
    unknown(message.unknown[...])
    return true
  }

  /// The entries of a map in the order of their keys.
  private func sorted(_ entries: ArraySlice<WireField>, _ type: MessageType) -> ArraySlice<WireField> {
    guard let kind = type.index(ofNumber: 1).map({ type.fields[$0].kind }) else { return entries }
    let keyed = entries.map { entry in
      let message = try? WireMessage(entry.content, as: type, keepsUnknown: false)
      let key = message?.value(ofNumber: 1, in: type) ?? WireField(number: 1, wireType: kind.wireType)
      return (key: kind.value(of: key), entry: entry)
    }
    return ArraySlice(keyed.sorted { ScalarValue.precedes($0.key, $1.key) }.map(\.entry))
  }

  /// Writes the message in an `Any`, and returns whether it could.
  ///
  /// If it could not, the `Any` is to be written by its own fields: URL and bytes.
  private mutating func any(_ message: WireMessage, _ type: MessageType) -> Bool {
    guard
      message.unknown.isEmpty,
      let url = message.value(ofNumber: 1, in: type).flatMap({ String(validating: $0.content, as: UTF8.self) }),
      let contentType = pool.message(ofTypeURL: url),
      // A URL that could not be read again.
      url.utf8.allSatisfy(TextScanner.isInTypeURL)
    else { return false }
    return unchecked("[\(url)]", message.value(ofNumber: 2, in: type)?.content ?? [], of: contentType)
  }

  /// Writes a message whose bytes the decoder has not checked, and returns whether it could.
  ///
  /// If it could not, it has written nothing.
  private mutating func unchecked(_ name: String, _ bytes: ArraySlice<UInt8>, of type: MessageType) -> Bool {
    guard depth < Self.uncheckedDepthLimit, !stackGuard.isExhausted() else { return false }
    let count = output.count
    let wasUnchecked = isUnchecked
    isUnchecked = true
    defer { isUnchecked = wasUnchecked }
    if block(name, { $0.fields(bytes, of: type) }) { return true }
    output.removeLast(output.count - count)
    return false
  }

  // MARK: Unknown fields

  /// Writes fields by their numbers: those that the type does not have, and extensions whose bytes are not valid.
  private mutating func unknown(_ fields: ArraySlice<WireField>) {
    if options.printUnknownFields { unknown(fields, levels: 10) }
  }

  private mutating func unknown(_ fields: ArraySlice<WireField>, levels: Int) {
    for field in fields {
      switch field.wireType {
      case .varint: line("\(field.number): \(field.bits)")
      case .fixed32: line("\(field.number): \(Self.hexadecimal(field.bits, digits: 8))")
      case .fixed64: line("\(field.number): \(Self.hexadecimal(field.bits, digits: 16))")
      case .groupStart, .groupEnd: nested(field, Self.fields(of: field.content) ?? [], levels: levels)
      case .lengthPrefixed:
        // Bytes that are a message may be one.
        if levels > 0, !field.content.isEmpty, let fields = Self.fields(of: field.content) {
          nested(field, fields, levels: levels)
        } else {
          line("\(field.number): \(Self.literal(field.content))")
        }
      }
    }
  }

  private mutating func nested(_ field: WireField, _ fields: ArraySlice<WireField>, levels: Int) {
    block("\(field.number)") {
      if levels > 0 { $0.unknown(fields, levels: levels - 1) }
      return true
    }
  }

  private static func fields(of bytes: ArraySlice<UInt8>) -> ArraySlice<WireField>? {
    var fields: ArraySlice<WireField> = []
    var scanner = WireScanner(bytes)
    do {
      while let field = try scanner.next() { fields.append(field) }
    } catch {
      return nil
    }
    return fields
  }

  private static func hexadecimal(_ bits: UInt64, digits: Int) -> String {
    let text = String(bits, radix: 16)
    return "0x" + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }

  // MARK: Values

  private func describe(_ value: ScalarValue) -> String {
    switch value {
    case .double(let number): number.description
    case .float(let number): number.description
    case .int32(let number): number.description
    case .int64(let number): number.description
    case .uint32(let number): number.description
    case .uint64(let number): number.description
    case .bool(let isTrue): isTrue ? "true" : "false"
    case .string(let bytes):
      // In an `Any` a string may be anything.
      String(validating: bytes, as: UTF8.self).map(Self.literal) ?? Self.literal(bytes)
    case .bytes(let bytes): Self.literal(bytes)
    case .enumeration(let number, let index): pool.enums[index].name(of: number) ?? number.description
    }
  }

  private static func literal(_ text: String) -> String {
    var literal: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      if byte < 0x80 { append(byte, to: &literal) } else { literal.append(byte) }
    }
    return String(decoding: literal, as: UTF8.self) + "\""
  }

  private static func literal(_ bytes: ArraySlice<UInt8>) -> String {
    var literal: [UInt8] = [UInt8(ascii: "\"")]
    for byte in bytes { append(byte, to: &literal) }
    return String(decoding: literal, as: UTF8.self) + "\""
  }

  private static func append(_ byte: UInt8, to literal: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\n"): literal += "\\n".utf8
    case UInt8(ascii: "\r"): literal += "\\r".utf8
    case UInt8(ascii: "\t"): literal += "\\t".utf8
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): literal += [UInt8(ascii: "\\"), byte]
    case 0x20...0x7E: literal.append(byte)
    default:
      literal.append(UInt8(ascii: "\\"))
      for shift in [6, 3, 0] as [UInt8] { literal.append(UInt8(ascii: "0") + (byte >> shift & 7)) }
    }
  }

  // MARK: Lines

  private mutating func line(_ line: String) {
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    output.append(contentsOf: line.utf8)
    output.append(UInt8(ascii: "\n"))
  }

  /// Writes a message in braces, whose fields a function writes.
  ///
  /// - Returns: The function's result.
  @discardableResult
  private mutating func block(_ name: String, _ fields: (inout TextWriter) -> Bool) -> Bool {
    // `unchecked` has asked the guard already, and its caller can do better than a comment.
    guard isUnchecked || !stackGuard.isExhausted() else {
      line("# \(name): too deep for the stack")
      return true
    }
    line("\(name) {")
    depth += 1
    let result = fields(&self)
    depth -= 1
    line("}")
    return result
  }
}
