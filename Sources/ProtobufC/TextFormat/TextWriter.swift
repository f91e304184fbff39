internal import ProtobufC
internal import ProtobufCReflection

/// Writes messages in the wire format as text.
struct TextWriter {
  let pool: TypePool
  let options: TextFormatEncodingOptions

  /// What has been written.
  private(set) var output: [UInt8] = []

  private var indentation = 0
  private let stackGuard: StackGuard

  init(pool: TypePool, options: TextFormatEncodingOptions) {
    self.pool = pool
    self.options = options
    // The message has been encoded on this stack, so that it nests no deeper than that allowed, but in an `Any`.
    stackGuard = .fromHere(allowing: 320 << 10)
  }

  /// Writes the fields of a message, a line each.
  ///
  /// - Returns: Whether the bytes are such a message.
  @discardableResult
  mutating func fields(_ bytes: ArraySlice<UInt8>, of type: MessageType) -> Bool {
    guard let message = try? WireMessage(bytes, as: type) else { return false }
    if type.wellKnown == .any, any(message, type) { return true }
    for entry in message.entries {
      let field = type.fields[entry.index]
      if let index = field.messageIndex {
        let isMap = field.isMap
        for value in isMap ? sorted(entry.values, pool.messages[index]) : entry.values {
          let isRead = block(field.textName) { $0.fields(value.content, of: $0.pool.messages[index]) }
          if !isRead { return false }
        }
      } else {
        guard let values = try? field.scalars(of: entry.values) else { return false }
        for value in field.isRepeated ? values[...] : values.suffix(1) {
          line("\(field.textName): \(describe(value))")
        }
      }
    }
    if options.printUnknownFields { unknown(message.unknown, levels: 10) }
    return true
  }

  /// The entries of a map in the order of their keys.
  private func sorted(_ entries: ArraySlice<WireField>, _ type: MessageType) -> ArraySlice<WireField> {
    guard let kind = type.index(ofNumber: 1).map({ type.fields[$0].kind }) else { return entries }
    let keyed = entries.map { entry in
      let message = try? WireMessage(entry.content, as: type)
      let key = message?.value(ofNumber: 1, in: type) ?? WireField(number: 1, kind: kind.wireType)
      return (key: kind.value(of: key), entry: entry)
    }
    return ArraySlice(keyed.sorted { ScalarValue.precedes($0.key, $1.key) }.map(\.entry))
  }

  /// Writes the message in an `Any`, and returns whether it could.
  private mutating func any(_ message: WireMessage, _ type: MessageType) -> Bool {
    guard
      message.unknown.isEmpty, !stackGuard.isExhausted(),
      let url = message.value(ofNumber: 1, in: type).flatMap({ String(validating: $0.content, as: UTF8.self) }),
      let contentType = pool.message(ofTypeURL: url),
      // A URL that could not be read again.
      url.utf8.allSatisfy(TextScanner.isInTypeURL)
    else { return false }
    let content = message.value(ofNumber: 2, in: type)?.content ?? []
    let count = output.count
    if block("[\(url)]", { $0.fields(content, of: contentType) }) { return true }
    output.removeLast(output.count - count)
    return false
  }

  // MARK: Unknown fields

  private mutating func unknown(_ fields: [WireField], levels: Int) {
    for field in fields {
      switch field.kind {
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

  private mutating func nested(_ field: WireField, _ fields: [WireField], levels: Int) {
    block("\(field.number)") {
      if levels > 0 { $0.unknown(fields, levels: levels - 1) }
      return true
    }
  }

  private static func fields(of bytes: ArraySlice<UInt8>) -> [WireField]? {
    var fields: [WireField] = []
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
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * indentation))
    output.append(contentsOf: line.utf8)
    output.append(UInt8(ascii: "\n"))
  }

  /// Writes a message in braces, whose fields a function writes.
  ///
  /// - Returns: What the function returns.
  @discardableResult
  private mutating func block(_ name: String, _ fields: (inout TextWriter) -> Bool) -> Bool {
    guard !stackGuard.isExhausted() else {
      line("# \(name): too deep for the stack")
      return true
    }
    line("\(name) {")
    indentation += 1
    let result = fields(&self)
    indentation -= 1
    line("}")
    return result
  }
}
