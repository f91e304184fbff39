internal import ProtobufCReflection

extension JSONWriter {
  /// Writes a well-known message in its own way.
  mutating func message(
    _ bytes: ArraySlice<UInt8>,
    of type: MessageType,
    _ wellKnown: WellKnownType
  ) throws(JSONEncodingError) {
    let message = try Self.wireMessage(bytes, of: type)
    switch wellKnown {
    case .any: try any(message, type)
    case .timestamp:
      let (seconds, nanos) = Self.secondsAndNanos(message, type)
      string(try Self.valid(TimestampText.text(seconds: seconds, nanos: nanos), "timestamp"))
    case .duration:
      let (seconds, nanos) = Self.secondsAndNanos(message, type)
      string(try Self.valid(DurationText.text(seconds: seconds, nanos: nanos), "duration"))
    case .fieldMask: try fieldMask(message)
    case .structValue:
      guard let index = type.fields.first?.messageIndex else { throw Self.malformed(type) }
      try map(message.entries.first?.values ?? [], of: pool.messages[index])
    case .listValue:
      guard let index = type.fields.first?.messageIndex else { throw Self.malformed(type) }
      let element = pool.messages[index]
      try list(message.entries.first?.values ?? []) { (writer, value) throws(JSONEncodingError) in
        try writer.message(value.content, of: element)
      }
    case .value: try value(message, type)
    case .boolValue, .bytesValue, .doubleValue, .floatValue, .int32Value, .int64Value, .stringValue, .uint32Value,
      .uint64Value:
      // Wrappers have one field, no message.
      guard let kind = type.fields.first?.kind,
        let value = message.entries.first?.values.last.map(kind.value) ?? kind.zero
      else { throw Self.malformed(type) }
      try scalar(value)
    }
  }

  private mutating func any(_ message: WireMessage, _ type: MessageType) throws(JSONEncodingError) {
    let content = message.value(ofNumber: 2, in: type)?.content ?? []
    let url = try Self.text(message.value(ofNumber: 1, in: type)?.content ?? [])
    guard !url.isEmpty || !content.isEmpty else { return try object { (_, _) throws(JSONEncodingError) in } }
    guard let contentType = pool.message(ofTypeURL: url) else {
      throw JSONEncodingError(code: .unknownType, message: "an Any has a type that is not in the options' types")
    }
    try object { (writer, isFirst) throws(JSONEncodingError) in
      writer.key("@type", isFirst: &isFirst)
      writer.string(url)
      if contentType.wellKnown != nil {
        writer.key("value", isFirst: &isFirst)
        try writer.message(content, of: contentType)
      } else {
        try writer.fields(content, of: contentType, isFirst: &isFirst)
      }
    }
  }

  private mutating func fieldMask(_ message: WireMessage) throws(JSONEncodingError) {
    var paths: [String] = []
    for value in message.entries.first?.values ?? [] {
      paths.append(try Self.valid(FieldMaskText.jsonPath(of: try Self.text(value.content)), "field mask"))
    }
    string(paths.joined(separator: ","))
  }

  private mutating func value(_ message: WireMessage, _ type: MessageType) throws(JSONEncodingError) {
    // Of a one-of one field is there, or none.
    guard let entry = message.entries.first, let value = entry.values.last else { return raw("null") }
    let field = type.fields[entry.index]
    if let index = field.messageIndex {
      try self.message(value.content, of: pool.messages[index])
    } else if case .double(let number) = field.kind.value(of: value) {
      guard number.isFinite else {
        throw JSONEncodingError(
          code: .invalidValue,
          message: "a Value holds NaN or an infinity, which JSON cannot express"
        )
      }
      finite(number)
    } else if let value = field.kind.value(of: value) {
      try scalar(value)
    }
  }

  private static func secondsAndNanos(_ message: WireMessage, _ type: MessageType) -> (seconds: Int64, nanos: Int32) {
    let seconds = message.value(ofNumber: 1, in: type)?.bits ?? 0
    let nanos = message.value(ofNumber: 2, in: type)?.bits ?? 0
    return (Int64(bitPattern: seconds), Int32(truncatingIfNeeded: nanos))
  }

  private static func valid(_ text: String?, _ name: String) throws(JSONEncodingError) -> String {
    guard let text else {
      throw JSONEncodingError(code: .invalidValue, message: "a \(name) is not valid, or has no form in JSON")
    }
    return text
  }
}
