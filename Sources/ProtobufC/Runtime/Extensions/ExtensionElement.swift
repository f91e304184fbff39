/// The encoding of one value of an extension, by the type that the `.proto` file gives it.
///
/// Generated code names one for each ``MessageExtension``.
public struct ExtensionElement<Value: Sendable & Hashable>: Sendable {
  /// The encoding of a value on the wire.
  enum Encoding {
    /// As a number of the wire type, with the value of it and the number of a value.
    case number(WireType, decode: @Sendable (WireField) -> Value?, append: @Sendable (Value, inout WireFields) -> Void)

    /// As content of a known length.
    case content(
      decode: @Sendable (ArraySlice<UInt8>, DecodingLimits) throws(BinaryDecodingError) -> Value?,
      encode: @Sendable (Value) -> [UInt8]
    )

    /// As a sub-message with a length, or between two tags.
    case message(
      isGroup: Bool,
      decode: @Sendable ([UInt8], DecodingLimits) throws(BinaryDecodingError) -> Value,
      encode: @Sendable (Value) -> [UInt8]
    )
  }

  private let encoding: Encoding

  init(_ encoding: Encoding) { self.encoding = encoding }

  /// The value of a singular extension: the last, or of messages the sum of all, as for other fields.
  func last(
    of fields: [WireField],
    _ place: @autoclosure () -> String,
    _ limits: DecodingLimits
  ) throws(BinaryDecodingError) -> Value? {
    switch encoding {
    case .number(_, let decode, _): return fields.last { decode($0) != nil }.flatMap(decode)
    case .content:
      guard let field = fields.last(where: { $0.isContent }) else { return nil }
      return try all(of: [field], place(), limits).last
    case .message(_, let decode, _):
      let contents = fields.compactMap(\.messageContent)
      return contents.isEmpty ? nil : try decode(Array(contents.joined()), limits)
    }
  }

  /// The values of a repeated extension, packed ones among them.
  func all(
    of fields: [WireField],
    _ place: @autoclosure () -> String,
    _ limits: DecodingLimits
  ) throws(BinaryDecodingError) -> [Value] {
    var values: [Value] = []
    for field in fields {
      switch encoding {
      case .number(let wireType, let decode, _):
        guard case .lengthPrefixed(let packed) = field else {
          if let value = decode(field) { values.append(value) }
          continue
        }
        guard let fields = packed.numbers(wireType) else {
          throw BinaryDecodingError(code: .malformed, message: "field \(place()) is not packed numbers")
        }
        values += fields.compactMap(decode)
      case .content(let decode, _):
        guard case .lengthPrefixed(let content) = field else { continue }
        guard let value = try decode(content, limits) else {
          throw BinaryDecodingError(code: .invalidUTF8, message: "field \(place()) is not valid UTF-8")
        }
        values.append(value)
      case .message(_, let decode, _):
        guard let content = field.messageContent else { continue }
        values.append(try decode(Array(content), limits))
      }
    }
    return values
  }

  /// Writes a value with its tag.
  func append(_ value: Value, to output: inout WireFields, as number: UInt32) {
    switch encoding {
    case .number(let wireType, _, let append):
      output.appendTag(number, wireType)
      append(value, &output)
    case .content(_, let encode), .message(false, _, let encode):
      output.appendTag(number, .lengthPrefixed)
      output.append(lengthPrefixed: encode(value))
    case .message(true, _, let encode):
      output.appendTag(number, .groupStart)
      output.append(fields: encode(value))
      output.appendTag(number, .groupEnd)
    }
  }

  /// Writes numbers in one piece.
  func appendPacked(_ values: [Value], to output: inout WireFields, as number: UInt32) {
    guard case .number(_, _, let append) = encoding else {
      preconditionFailure("only numbers can be packed")
    }
    var packed = WireFields()
    for value in values { append(value, &packed) }
    output.appendTag(number, .lengthPrefixed)
    output.append(lengthPrefixed: packed.bytes)
  }
}

extension WireField {
  fileprivate var isContent: Bool {
    if case .lengthPrefixed = self { true } else { false }
  }

  /// The fields of a sub-message, which has a length or stands between two tags.
  fileprivate var messageContent: ArraySlice<UInt8>? {
    switch self {
    case .lengthPrefixed(let content), .group(let content): content
    case .varint, .fixed32, .fixed64: nil
    }
  }
}

extension ArraySlice<UInt8> {
  /// The packed numbers of a wire type, or nil if the bytes are not that.
  fileprivate func numbers(_ wireType: WireType) -> [WireField]? {
    var reader = WireFieldReader(self)
    var numbers: [WireField] = []
    while !reader.isAtEnd {
      let number: WireField? =
        switch wireType {
        case .fixed64: reader.fixed(UInt64.self).map { .fixed64($0) }
        case .fixed32: reader.fixed(UInt32.self).map { .fixed32($0) }
        default: reader.varint().map { .varint($0) }
        }
      guard let number else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
