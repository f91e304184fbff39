internal import ProtobufC
internal import ProtobufCReflection

extension JSONReader {
  /// Reads a well-known message that JSON shows in a way of its own.
  mutating func message(_ type: MessageType, _ wellKnown: WellKnownType) throws(JSONDecodingError) {
    switch wellKnown {
    case .any: try any()
    case .timestamp:
      guard let (seconds, nanos) = TimestampText.value(of: try text(type)) else { throw invalidValue(type) }
      secondsAndNanos(seconds, nanos)
    case .duration:
      guard let (seconds, nanos) = DurationText.value(of: try text(type)) else { throw invalidValue(type) }
      secondsAndNanos(seconds, nanos)
    case .fieldMask:
      let paths = try text(type)
      guard !paths.isEmpty else { return }
      for path in paths.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        guard let path = FieldMaskText.path(ofJSONPath: path) else { throw invalidValue(type) }
        output.field(1, path)
      }
    case .structValue:
      guard scanner.peek() == UInt8(ascii: "{") else { throw invalidValue(type) }
      try structFields(type)
    case .listValue:
      guard scanner.peek() == UInt8(ascii: "[") else { throw invalidValue(type) }
      try listValues(type)
    case .value: try value(type)
    case .boolValue, .bytesValue, .doubleValue, .floatValue, .int32Value, .int64Value, .stringValue, .uint32Value,
      .uint64Value:
      guard let field = type.fields.first, let value = try scalar(field.kind, name: type.name) else { return }
      output.tag(field.number, field.kind.wireType)
      output.scalar(value, as: field.kind)
    }
  }

  private mutating func text(_ type: MessageType) throws(JSONDecodingError) -> ArraySlice<UInt8> {
    guard scanner.peek() == UInt8(ascii: "\"") else { throw invalidValue(type) }
    return try scanner.string()
  }

  private mutating func secondsAndNanos(_ seconds: Int64, _ nanos: Int32) {
    if seconds != 0 { output.field(1, varint: UInt64(bitPattern: seconds)) }
    if nanos != 0 { output.field(2, varint: UInt64(bitPattern: Int64(nanos))) }
  }

  private func invalidValue(_ type: MessageType) -> JSONDecodingError {
    scanner.error(.invalidValue, "the value is not a \(type.name)")
  }

  // MARK: JSON in messages

  private mutating func structFields(_ type: MessageType) throws(JSONDecodingError) {
    guard let field = type.fields.first, let index = field.messageIndex else { return }
    try scanner.beginObject()
    try entries(of: pool.messages[index], number: field.number, name: field.name)
  }

  private mutating func listValues(_ type: MessageType) throws(JSONDecodingError) {
    guard let field = type.fields.first, let index = field.messageIndex else { return }
    try scanner.beginArray()
    var isFirst = true
    while try scanner.next(until: "]", isFirst: &isFirst) {
      output.tag(field.number, .lengthPrefixed)
      let start = output.beginLengthPrefixed()
      try message(pool.messages[index])
      output.endLengthPrefixed(at: start)
    }
  }

  private mutating func value(_ type: MessageType) throws(JSONDecodingError) {
    switch scanner.peek() {
    case UInt8(ascii: "n"):
      guard scanner.take(word: "null") else { throw scanner.malformed("expected a value") }
      output.field(1, varint: 0)
    case UInt8(ascii: "\""): output.field(3, try scanner.string())
    case UInt8(ascii: "t"), UInt8(ascii: "f"):
      guard case .bool(let isTrue) = try scalar(.bool, name: type.name) else { return }
      output.field(4, varint: isTrue ? 1 : 0)
    case UInt8(ascii: "{"): try nested(5, in: type)
    case UInt8(ascii: "["): try nested(6, in: type)
    default:
      guard let number = try scanner.number().nearest(Double.self) else { throw invalidValue(type) }
      output.tag(2, .fixed64)
      output.scalar(.double(number), as: .double)
    }
  }

  private mutating func nested(_ number: UInt32, in type: MessageType) throws(JSONDecodingError) {
    guard let index = type.index(ofNumber: number).flatMap({ type.fields[$0].messageIndex }) else { return }
    output.tag(number, .lengthPrefixed)
    let start = output.beginLengthPrefixed()
    try message(pool.messages[index])
    output.endLengthPrefixed(at: start)
  }

  // MARK: Any

  private mutating func any() throws(JSONDecodingError) {
    try scanner.beginObject()
    if scanner.peek() == UInt8(ascii: "}") {
      var isFirst = true
      _ = try scanner.next(until: "}", isFirst: &isFirst)
      return
    }
    guard let url = try typeURL() else { throw scanner.error(.invalidValue, "an Any lacks its @type") }
    guard let type = pool.message(ofTypeURL: String(decoding: url, as: UTF8.self)) else {
      throw scanner.error(.unknownType, "an Any has a type that is not in the options' types")
    }
    output.field(1, url)
    let beforeTag = output.bytes.count
    output.tag(2, .lengthPrefixed)
    let start = output.beginLengthPrefixed()
    if type.wellKnown == nil {
      try fields(of: type, isInAny: true)
    } else {
      try valueMember(type)
    }
    if output.bytes.count == start {
      output.truncate(to: beforeTag)
    } else {
      output.endLengthPrefixed(at: start)
    }
  }

  /// The type URL of the object whose brace has been taken.
  ///
  /// Nothing else is taken.
  private mutating func typeURL() throws(JSONDecodingError) -> ArraySlice<UInt8>? {
    var ahead = scanner
    if try ahead.key().elementsEqual("@type".utf8) {
      return ahead.peek() == UInt8(ascii: "\"") ? try ahead.string() : nil
    }
    return try anyTypes.url(ofObjectAt: scanner)
  }

  /// Reads the rest of the object of a well-known message, which is the member `value` of it.
  private mutating func valueMember(_ type: MessageType) throws(JSONDecodingError) {
    var seen = SeenFields()
    var isFirst = true
    while try scanner.next(until: "}", isFirst: &isFirst) {
      let key = try scanner.key()
      if key.elementsEqual("@type".utf8) {
        guard seen.insertType() else { throw scanner.error(.duplicateField, "an Any has two types") }
        try scanner.skipValue()
      } else if key.elementsEqual("value".utf8) {
        guard seen.insert(0) else { throw scanner.error(.duplicateField, "an Any has two values") }
        try message(type)
      } else {
        guard options.ignoreUnknownFields else {
          throw scanner.error(.unknownField, "an Any of \(type.name) has a member besides its value")
        }
        try scanner.skipValue()
      }
    }
    guard seen.contains(0) else { throw scanner.error(.invalidValue, "an Any of \(type.name) lacks its value") }
  }
}
