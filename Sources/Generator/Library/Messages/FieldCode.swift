/// The Swift of a field: its type, and how its values pass between Swift and C.
struct FieldCode {
  let field: FieldModel
  let schema: Schema
  let options: GeneratorOptions

  /// The type of one value.
  func valueType() throws(GeneratorError) -> String {
    switch field.type {
    case .number(let name): name
    case .bool: "Bool"
    case .string: "String"
    case .bytes: options.bytes.swiftType
    case .enumeration(let name): try schema.enumeration(name).swiftName
    case .message(let name): try schema.message(name).swiftName
    }
  }

  /// The property's type.
  func propertyType() throws(GeneratorError) -> String {
    switch field.shape {
    case .implicit, .implicitOptional, .required, .requiredPointer: return try valueType()
    case .optional, .oneOf, .pointer: return try valueType() + "?"
    case .repeated: return "[\(try valueType())]"
    case .map(let entry):
      let (key, value) = try self.entry(entry)
      return "[\(try key.valueType()): \(try value.valueType())]"
    }
  }

  /// Returns the value of the property in a message that is created without it.
  func initialValue() throws(GeneratorError) -> String {
    switch field.shape {
    case .implicit, .implicitOptional, .requiredPointer:
      return try emptyValue()
    case .required:
      if let literal = try defaultLiteral() { return literal }
      return try emptyValue()
    case .optional, .oneOf, .pointer: return "nil"
    case .repeated: return "[]"
    case .map: return "[:]"
    }
  }

  /// The value of a type without a default of its own.
  func emptyValue() throws(GeneratorError) -> String {
    switch field.type {
    case .number: return "0"
    case .bool: return "false"
    case .string: return "\"\""
    case .bytes: return options.bytes.swiftType == "Data" ? "Data()" : "[]"
    case .enumeration(let name):
      guard let first = try schema.enumeration(name).values.first else { return "\(try valueType())()" }
      return ".\(first.name)"
    case .message: return "\(try valueType())()"
    }
  }

  /// The key's field and the value's of a map's entry.
  func entry(_ name: String) throws(GeneratorError) -> (key: FieldCode, value: FieldCode) {
    let fields = try schema.fields(of: schema.message(name))
    guard let key = fields.first(where: { $0.number == 1 }), let value = fields.first(where: { $0.number == 2 }) else {
      throw GeneratorError("the map's entry \(name) has no key or no value")
    }
    return (
      FieldCode(field: key, schema: schema, options: options),
      FieldCode(field: value, schema: schema, options: options)
    )
  }

  /// The layout of the field's messages.
  func layout() throws(GeneratorError) -> String {
    guard case .message(let name) = field.type else { throw GeneratorError("\(field.name) is not a message") }
    return try schema.message(name).layoutName + ".self"
  }
}
