internal import ProtobufC
internal import ProtobufCReflection

/// Reads messages from JSON, and writes them in the wire format.
struct JSONReader {
  let pool: TypePool
  let options: JSONDecodingOptions
  var scanner: JSONScanner
  var output = WireOutput()
  var anyTypes = AnyTypes()

  /// - Parameter bytes: UTF-8.
  init(_ bytes: [UInt8], pool: TypePool, options: JSONDecodingOptions) {
    self.pool = pool
    self.options = options
    scanner = JSONScanner(bytes, options: options)
  }

  /// Reads a message that is the whole text.
  mutating func document(of type: MessageType) throws(JSONDecodingError) -> [UInt8] {
    try message(type)
    try scanner.expectEnd()
    return output.bytes
  }

  /// Reads a message.
  mutating func message(_ type: MessageType) throws(JSONDecodingError) {
    if let wellKnown = type.wellKnown { return try message(type, wellKnown) }
    try scanner.beginObject()
    try fields(of: type, isInAny: false)
  }

  /// Reads the fields of a message, whose brace has been taken, to the end of the object.
  mutating func fields(of type: MessageType, isInAny: Bool) throws(JSONDecodingError) {
    var seen = SeenFields()
    // Those with a value: `null` is none.
    var set = SeenFields()
    var isFirst = true
    while try scanner.next(until: "}", isFirst: &isFirst) {
      let key = try scanner.key()
      let name = String(decoding: key, as: UTF8.self)
      if isInAny, name == "@type" {
        guard seen.insertType() else { throw scanner.error(.duplicateField, "an Any has two types") }
        try scanner.skipValue()
      } else if let index = type.index(ofName: name) {
        let field = type.fields[index]
        guard seen.insert(index) else {
          throw scanner.error(.duplicateField, "\(type.name) has the field \(field.name) twice")
        }
        guard try value(of: field, in: type) else { continue }
        set.insert(index)
        if let oneOf = field.oneOf, !set.insert(oneOf: oneOf) {
          throw scanner.error(.duplicateField, "\(type.name) has two fields of one oneof, \(field.name) and another")
        }
      } else {
        guard options.ignoreUnknownFields else {
          throw scanner.error(.unknownField, "\(type.name) has no field of this name")
        }
        try scanner.skipValue()
      }
    }
    for index in type.requiredFields where !set.contains(index) {
      throw scanner.error(.missingField, "\(type.name) lacks the required field \(type.fields[index].name)")
    }
  }

  /// Reads the value of a field, and returns whether there is one: `null` is none, nor is an enum's name that is
  /// ignored.
  private mutating func value(of field: FieldType, in type: MessageType) throws(JSONDecodingError) -> Bool {
    if scanner.peek() == UInt8(ascii: "n"), field.isRepeated || !acceptsNull(field.kind) {
      guard scanner.take(word: "null") else { throw scanner.malformed("expected a value") }
      return false
    }
    guard field.isRepeated else {
      return try singular(field.number, field.kind, name: field.name)
    }
    if field.isMap {
      try map(field)
    } else if field.isPacked {
      try packed(field)
    } else {
      try scanner.beginArray()
      var isFirst = true
      while try scanner.next(until: "]", isFirst: &isFirst) {
        _ = try singular(field.number, field.kind, name: field.name)
      }
    }
    return true
  }

  private mutating func packed(_ field: FieldType) throws(JSONDecodingError) {
    try scanner.beginArray()
    let beforeTag = output.bytes.count
    output.tag(field.number, .lengthPrefixed)
    let start = output.beginLengthPrefixed()
    var isFirst = true
    while try scanner.next(until: "]", isFirst: &isFirst) {
      if let scalar = try scalar(field.kind, name: field.name) { output.scalar(scalar, as: field.kind) }
    }
    if output.bytes.count == start {
      output.truncate(to: beforeTag)
    } else {
      output.endLengthPrefixed(at: start)
    }
  }

  /// Reads one value, and writes it with its tag.
  ///
  /// - Returns: Whether there is one: an unknown name of an enum may be ignored.
  private mutating func singular(
    _ number: UInt32,
    _ kind: FieldType.Kind,
    name: String
  ) throws(JSONDecodingError) -> Bool {
    switch kind {
    case .message(let index):
      output.tag(number, .lengthPrefixed)
      let start = output.beginLengthPrefixed()
      try message(pool.messages[index])
      output.endLengthPrefixed(at: start)
    case .group(let index):
      output.tag(number, .groupStart)
      try message(pool.messages[index])
      output.tag(number, .groupEnd)
    default:
      guard let scalar = try scalar(kind, name: name) else { return false }
      output.tag(number, kind.wireType)
      output.scalar(scalar, as: kind)
    }
    return true
  }

  private func acceptsNull(_ kind: FieldType.Kind) -> Bool {
    switch kind {
    case .message(let index): pool.messages[index].wellKnown == .value
    case .enumeration(let index): pool.enums[index].isNullValue
    default: false
    }
  }

  // MARK: Maps

  private mutating func map(_ field: FieldType) throws(JSONDecodingError) {
    guard let index = field.messageIndex else { return }
    try scanner.beginObject()
    try entries(of: pool.messages[index], number: field.number, name: field.name)
  }

  /// Reads the entries of a map, whose brace has been taken, to the end of the object.
  mutating func entries(of type: MessageType, number: UInt32, name: String) throws(JSONDecodingError) {
    guard
      let keyField = type.index(ofNumber: 1).map({ type.fields[$0] }),
      let valueField = type.index(ofNumber: 2).map({ type.fields[$0] })
    else { return }
    var keys: Set<[UInt8]> = []
    var isFirst = true
    while try scanner.next(until: "}", isFirst: &isFirst) {
      let text = try scanner.key()
      guard let key = Self.mapKey(text, keyField.kind) else {
        throw scanner.error(.invalidValue, "a key of the map \(name) is not of its type")
      }
      let beforeEntry = output.bytes.count
      output.tag(number, .lengthPrefixed)
      let start = output.beginLengthPrefixed()
      output.tag(1, keyField.kind.wireType)
      output.scalar(key, as: keyField.kind)
      guard keys.insert(Array(output.bytes[start...])).inserted else {
        throw scanner.error(.duplicateField, "the map \(name) has a key twice")
      }
      if try singular(2, valueField.kind, name: name) {
        output.endLengthPrefixed(at: start)
      } else {
        output.truncate(to: beforeEntry)
      }
    }
  }

  private static func mapKey(_ text: ArraySlice<UInt8>, _ kind: FieldType.Kind) -> ScalarValue? {
    switch kind {
    case .string: .string(text)
    case .bool:
      text.elementsEqual("true".utf8) ? .bool(true) : text.elementsEqual("false".utf8) ? .bool(false) : nil
    default: JSONNumber(text).flatMap { integer($0, kind) }
    }
  }

  // MARK: Scalars

  /// Reads a value that is not a message, or nil if it is an unknown name of an enum that is to be ignored.
  mutating func scalar(_ kind: FieldType.Kind, name: String) throws(JSONDecodingError) -> ScalarValue? {
    let isString = scanner.peek() == UInt8(ascii: "\"")
    switch kind {
    case .bool:
      if scanner.take(word: "true") { return .bool(true) }
      if scanner.take(word: "false") { return .bool(false) }
    case .string:
      if isString { return .string(try scanner.string()) }
    case .bytes:
      if isString, let bytes = Base64.bytes(of: try scanner.string()) { return .bytes(bytes[...]) }
    case .enumeration(let index): return try enumeration(index, name: name, isString: isString)
    case .double:
      if let number = try floatingPoint(Double.self, isString) { return .double(number) }
    case .float:
      if let number = try floatingPoint(Float.self, isString) { return .float(number) }
    default:
      if isString {
        if let value = JSONNumber(try scanner.string()).flatMap({ Self.integer($0, kind) }) { return value }
      } else if isNumberNext, let value = Self.integer(try scanner.number(), kind) {
        return value
      }
    }
    throw invalid(name)
  }

  private mutating func enumeration(
    _ index: Int,
    name: String,
    isString: Bool
  ) throws(JSONDecodingError) -> ScalarValue? {
    let type = pool.enums[index]
    if type.isNullValue, scanner.take(word: "null") { return .enumeration(0, type: index) }
    if isString {
      let value = String(decoding: try scanner.string(), as: UTF8.self)
      if let number = type.number(of: value) { return .enumeration(number, type: index) }
      if options.ignoreUnknownFields { return nil }
    } else if isNumberNext, let number = try scanner.number().exactly(Int32.self) {
      return .enumeration(number, type: index)
    }
    throw invalid(name)
  }

  private mutating func floatingPoint<Number: BinaryFloatingPoint & LosslessStringConvertible>(
    _ type: Number.Type,
    _ isString: Bool
  ) throws(JSONDecodingError) -> Number? {
    guard isString else { return isNumberNext ? try scanner.number().nearest(type) : nil }
    let text = try scanner.string()
    return switch String(decoding: text, as: UTF8.self) {
    case "NaN": Number.nan
    case "Infinity": Number.infinity
    case "-Infinity": -Number.infinity
    default: JSONNumber(text)?.nearest(type)
    }
  }

  private static func integer(_ number: JSONNumber, _ kind: FieldType.Kind) -> ScalarValue? {
    switch kind {
    case .int32, .sint32, .sfixed32: number.exactly(Int32.self).map { .int32($0) }
    case .int64, .sint64, .sfixed64: number.exactly(Int64.self).map { .int64($0) }
    case .uint32, .fixed32: number.exactly(UInt32.self).map { .uint32($0) }
    case .uint64, .fixed64: number.exactly(UInt64.self).map { .uint64($0) }
    default: nil
    }
  }

  /// Whether the next value is a number, or no value at all.
  private var isNumberNext: Bool {
    mutating get {
      switch scanner.peek() {
      case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\""), UInt8(ascii: "t"), UInt8(ascii: "f"),
        UInt8(ascii: "n"):
        false
      default: true
      }
    }
  }

  func invalid(_ name: String) -> JSONDecodingError {
    scanner.error(.invalidValue, "the value of the field \(name) is not of its type")
  }
}
