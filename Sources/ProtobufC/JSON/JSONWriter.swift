internal import ProtobufC
internal import ProtobufCReflection

/// Writes messages in the wire format as JSON.
struct JSONWriter {
  let pool: TypePool
  let options: JSONEncodingOptions

  /// The output so far.
  private(set) var output: [UInt8] = []

  /// The number of objects and arrays that have begun and not ended.
  private var depth = 0

  private let stackGuard: StackGuard

  init(pool: TypePool, options: JSONEncodingOptions) {
    self.pool = pool
    self.options = options
    stackGuard = .fromHere(allowing: options.maxStackBytes)
  }

  /// Writes a message.
  mutating func message(_ bytes: ArraySlice<UInt8>, of type: MessageType) throws(JSONEncodingError) {
    guard let wellKnown = type.wellKnown else {
      return try object { (writer, isFirst) throws(JSONEncodingError) in
        try writer.fields(bytes, of: type, isFirst: &isFirst)
      }
    }
    try message(bytes, of: type, wellKnown)
  }

  /// Writes the fields of a message, without the braces.
  mutating func fields(
    _ bytes: ArraySlice<UInt8>,
    of type: MessageType,
    isFirst: inout Bool
  ) throws(JSONEncodingError) {
    for entry in try Self.wireMessage(bytes, of: type).entries {
      let field = type.fields[entry.index]
      let name = options.preserveProtoFieldNames ? field.name : field.jsonName
      if let index = field.messageIndex {
        key(name, isFirst: &isFirst)
        try messages(entry.values, of: field, pool.messages[index])
      } else if field.isRepeated {
        let values = try Self.scalars(entry.values, of: field, in: type)
        // Nothing but an empty list of numbers may have come.
        guard !values.isEmpty else { continue }
        key(name, isFirst: &isFirst)
        try list(values[...]) { (writer, value) throws(JSONEncodingError) in try writer.scalar(value) }
      } else if let value = entry.values.last.flatMap(field.kind.value) {
        key(name, isFirst: &isFirst)
        try scalar(value)
      }
    }
  }

  private mutating func messages(
    _ values: ArraySlice<WireField>,
    of field: FieldType,
    _ type: MessageType
  ) throws(JSONEncodingError) {
    if field.isMap {
      try map(values, of: type)
    } else if field.isRepeated {
      try list(values) { (writer, value) throws(JSONEncodingError) in try writer.message(value.content, of: type) }
    } else if let value = values.last {
      try message(value.content, of: type)
    }
  }

  /// Writes a map of the entries of a type.
  mutating func map(_ values: ArraySlice<WireField>, of type: MessageType) throws(JSONEncodingError) {
    guard
      let keyField = type.index(ofNumber: 1).map({ type.fields[$0] }),
      let valueField = type.index(ofNumber: 2).map({ type.fields[$0] })
    else { throw Self.malformed(type) }
    var entries: [(key: ScalarValue, text: String, value: WireField?)] = []
    var places: [[UInt8]: Int] = [:]
    for value in values {
      let entry = try Self.wireMessage(value.content, of: type)
      let wireKey = entry.value(ofNumber: 1, in: type) ?? WireField(number: 1, wireType: keyField.kind.wireType)
      guard let key = keyField.kind.value(of: wireKey) else { throw Self.malformed(type) }
      let text = try mapKey(key)
      let content = entry.value(ofNumber: 2, in: type)
      // Of two entries with a key the last counts. Keys are compared byte by byte: Swift compares characters.
      if let place = places[Array(text.utf8)] {
        entries[place].value = content
      } else {
        places[Array(text.utf8)] = entries.count
        entries.append((key, text, content))
      }
    }
    if options.useDeterministicOrdering { entries.sort { ScalarValue.precedes($0.key, $1.key) } }
    try object { (writer, isFirst) throws(JSONEncodingError) in
      for entry in entries {
        writer.key(entry.text, isFirst: &isFirst)
        let value = entry.value ?? WireField(number: 2, wireType: valueField.kind.wireType)
        if let index = valueField.messageIndex {
          try writer.message(value.content, of: writer.pool.messages[index])
        } else if let value = valueField.kind.value(of: value) {
          try writer.scalar(value)
        }
      }
    }
  }

  private func mapKey(_ key: ScalarValue) throws(JSONEncodingError) -> String {
    switch key {
    case .bool(let isTrue): isTrue ? "true" : "false"
    case .int32(let number): number.description
    case .int64(let number): number.description
    case .uint32(let number): number.description
    case .uint64(let number): number.description
    case .string(let bytes): try Self.text(bytes)
    default:
      throw JSONEncodingError(code: .invalidValue, message: "a map has keys of a type that protobuf does not allow")
    }
  }
}

// MARK: - Values

extension JSONWriter {
  /// Writes a value that is not a message.
  mutating func scalar(_ value: ScalarValue) throws(JSONEncodingError) {
    switch value {
    case .double(let number): floatingPoint(number)
    case .float(let number): floatingPoint(number)
    case .int32(let number): raw(number.description)
    case .uint32(let number): raw(number.description)
    case .int64(let number): wide(number.description)
    case .uint64(let number): wide(number.description)
    case .bool(let isTrue): raw(isTrue ? "true" : "false")
    case .string(let bytes): try string(bytes)
    case .bytes(let bytes): base64(bytes)
    case .enumeration(let number, let index):
      let type = pool.enums[index]
      if type.isNullValue {
        raw("null")
      } else if !options.alwaysPrintEnumsAsInts, let name = type.name(of: number) {
        string(name)
      } else {
        raw(number.description)
      }
    }
  }

  private mutating func wide(_ digits: String) {
    raw(options.alwaysPrintInt64sAsNumbers ? digits : "\"\(digits)\"")
  }

  private mutating func floatingPoint(_ number: some BinaryFloatingPoint & LosslessStringConvertible) {
    if number.isNaN {
      raw("\"NaN\"")
    } else if number.isInfinite {
      raw(number < 0 ? "\"-Infinity\"" : "\"Infinity\"")
    } else {
      finite(number)
    }
  }

  /// Writes a number as the shortest one that is read as the same.
  mutating func finite(_ number: some BinaryFloatingPoint & LosslessStringConvertible) {
    let text = number.description
    raw(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
  }

  private mutating func base64(_ bytes: ArraySlice<UInt8>) {
    output.append(UInt8(ascii: "\""))
    Base64.append(bytes, to: &output)
    output.append(UInt8(ascii: "\""))
  }

  /// Writes a string of bytes that may not be UTF-8: those in an `Any` or an extension have not been looked at.
  mutating func string(_ bytes: ArraySlice<UInt8>) throws(JSONEncodingError) {
    if !escaped(bytes) { _ = try Self.text(bytes) }
  }

  /// Writes a string.
  mutating func string(_ text: String) {
    escaped(text.utf8)
  }

  /// Writes bytes as a string, and returns whether all are ASCII.
  @discardableResult
  private mutating func escaped(_ bytes: some Collection<UInt8>) -> Bool {
    var union: UInt8 = 0
    output.append(UInt8(ascii: "\""))
    for byte in bytes {
      union |= byte
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        output.append(UInt8(ascii: "\\"))
        output.append(byte)
      case UInt8(ascii: "\n"): raw("\\n")
      case UInt8(ascii: "\r"): raw("\\r")
      case UInt8(ascii: "\t"): raw("\\t")
      case 0..<0x20, 0x7F:
        let digits = String(byte, radix: 16)
        raw("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
      default: output.append(byte)
      }
    }
    output.append(UInt8(ascii: "\""))
    return union < 0x80
  }
}

// MARK: - Structure

extension JSONWriter {
  /// Writes an object whose members a function writes.
  mutating func object(
    _ members: (inout JSONWriter, _ isFirst: inout Bool) throws(JSONEncodingError) -> Void
  ) throws(JSONEncodingError) {
    try enter()
    output.append(UInt8(ascii: "{"))
    var isFirst = true
    try members(&self, &isFirst)
    output.append(UInt8(ascii: "}"))
    depth -= 1
  }

  /// Writes the name of a member.
  mutating func key(_ name: String, isFirst: inout Bool) {
    if !isFirst { output.append(UInt8(ascii: ",")) }
    isFirst = false
    string(name)
    output.append(UInt8(ascii: ":"))
  }

  /// Writes an array of elements that a function writes.
  mutating func list<Element>(
    _ elements: ArraySlice<Element>,
    _ write: (inout JSONWriter, Element) throws(JSONEncodingError) -> Void
  ) throws(JSONEncodingError) {
    try enter()
    output.append(UInt8(ascii: "["))
    for index in elements.indices {
      if index > elements.startIndex { output.append(UInt8(ascii: ",")) }
      try write(&self, elements[index])
    }
    output.append(UInt8(ascii: "]"))
    depth -= 1
  }

  /// Writes text that is JSON.
  mutating func raw(_ text: String) {
    output.append(contentsOf: text.utf8)
  }

  private mutating func enter() throws(JSONEncodingError) {
    depth += 1
    guard depth <= options.messageDepthLimit else {
      throw JSONEncodingError(
        code: .tooDeep,
        message: "messages nest deeper than messageDepthLimit (\(options.messageDepthLimit))"
      )
    }
    guard !stackGuard.isExhausted() else {
      throw JSONEncodingError(code: .tooDeep, message: "messages nest too deep for maxStackBytes")
    }
  }
}

// MARK: - Wire format

extension JSONWriter {
  static func wireMessage(
    _ bytes: ArraySlice<UInt8>,
    of type: MessageType
  ) throws(JSONEncodingError) -> WireMessage {
    do throws(WireError) {
      return try WireMessage(bytes, as: type, keepsUnknown: false)
    } catch {
      throw malformed(type)
    }
  }

  private static func scalars(
    _ values: ArraySlice<WireField>,
    of field: FieldType,
    in type: MessageType
  ) throws(JSONEncodingError) -> [ScalarValue] {
    do throws(WireError) {
      return try field.scalars(of: values)
    } catch {
      throw JSONEncodingError(
        code: .malformed,
        message: "field \(field.name) of \(type.name) is not packed numbers"
      )
    }
  }

  /// The text of bytes that should be UTF-8.
  static func text(_ bytes: ArraySlice<UInt8>) throws(JSONEncodingError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw JSONEncodingError(code: .malformed, message: "a string in an Any or in an extension is not UTF-8")
    }
    return text
  }

  static func malformed(_ type: MessageType) -> JSONEncodingError {
    JSONEncodingError(code: .malformed, message: "the bytes are not a message \(type.name) in protobuf's wire format")
  }
}
