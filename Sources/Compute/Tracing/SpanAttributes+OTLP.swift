import Tracing

extension String {
  /// The text, or its beginning if it has more than 4,096 bytes: one long text could make an export too large.
  var boundedForExport: String {
    let limit = 4096
    guard utf8.count > limit else { return self }
    var end = utf8.index(startIndex, offsetBy: limit)
    // The end of a whole scalar.
    while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}

extension SpanAttributes {
  /// Returns the attributes as messages, sorted by key, and the number of those beyond the limit.
  func messages(limit: Int) -> (messages: [Opentelemetry_Proto_Common_V1_KeyValue], dropped: UInt32) {
    var messages: [Opentelemetry_Proto_Common_V1_KeyValue] = []
    forEach { key, value in
      var message = Opentelemetry_Proto_Common_V1_KeyValue()
      message.key = key.boundedForExport
      message.value = .init(value: value.value)
      messages.append(message)
    }
    messages.sort { $0.key < $1.key }
    return (Array(messages.prefix(limit)), UInt32(clamping: messages.count - limit))
  }
}

extension SpanAttribute {
  fileprivate var value: Opentelemetry_Proto_Common_V1_AnyValue.OneOf_Value? {
    func list<Element>(
      _ elements: [Element],
      _ value: (Element) -> Opentelemetry_Proto_Common_V1_AnyValue.OneOf_Value
    ) -> Opentelemetry_Proto_Common_V1_AnyValue.OneOf_Value {
      .arrayValue(.init(values: elements.prefix(128).map { .init(value: value($0)) }))
    }
    return switch self {
    case .int32(let number): .intValue(Int64(number))
    case .int64(let number): .intValue(number)
    case .double(let number): .doubleValue(number)
    case .bool(let flag): .boolValue(flag)
    case .string(let text): .stringValue(text.boundedForExport)
    case .stringConvertible(let value): .stringValue("\(value)".boundedForExport)
    case .int32Array(let numbers): list(numbers) { .intValue(Int64($0)) }
    case .int64Array(let numbers): list(numbers) { .intValue($0) }
    case .doubleArray(let numbers): list(numbers) { .doubleValue($0) }
    case .boolArray(let flags): list(flags) { .boolValue($0) }
    case .stringArray(let texts): list(texts) { .stringValue($0.boundedForExport) }
    case .stringConvertibleArray(let values): list(values) { .stringValue("\($0)".boundedForExport) }
    default: nil
    }
  }
}
