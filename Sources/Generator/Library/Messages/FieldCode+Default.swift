import ProtobufCWellKnownTypes

extension FieldCode {
  /// The default that the field declares, as a Swift literal, or nil if it declares none.
  func defaultLiteral() throws(GeneratorError) -> String? {
    guard let value = field.proto.defaultValue else { return nil }
    switch field.type {
    case .number:
      guard field.type.isFloatingPoint else { return value }
      return switch value {
      case "inf": ".infinity"
      case "-inf": "-.infinity"
      case "nan": ".nan"
      // As an integer literal it would lose its sign.
      case "-0": "-0.0"
      default: value
      }
    case .bool: return value
    case .string: return StringLiteral.quoted(value)
    case .bytes:
      let bytes = StringLiteral.unescaped(value).map(String.init).joined(separator: ", ")
      return options.bytes == .data ? "Data([\(bytes)] as [UInt8])" : "[\(bytes)]"
    case .enumeration(let name):
      let enumeration = try schema.enumeration(name)
      let index = enumeration.proto.value.firstIndex { $0.name == value }
      guard let index else { throw GeneratorError("the enum \(name) has no value \(value)") }
      return ".\(enumeration.values[index].name)"
    case .message: return nil
    }
  }
}
