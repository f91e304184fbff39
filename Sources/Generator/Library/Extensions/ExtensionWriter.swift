import ProtobufCWellKnownTypes

/// Writes the Swift of extensions: a constant that describes each, and a property of the message that it extends.
struct ExtensionWriter {
  let schema: Schema
  let options: GeneratorOptions

  /// The modifiers of a declaration: in a module whose default is an actor, extensions are not isolated either.
  private var access: String { options.visibility.modifier + "nonisolated " }

  func write(_ model: ExtensionModel, of file: SchemaFile, to text: inout SourceText) throws(GeneratorError) {
    let code = FieldCode(field: model.field, schema: schema, options: options)
    let isRepeated = model.field.proto.label == .repeated
    let type = try code.valueType()
    func property(_ type: String) -> String { isRepeated ? "[\(type)]" : "\(type)?" }
    let comment = file.locations.comment(of: model.field.path)
    let name = SwiftIdentifier.escaped(model.propertyName)
    let summary = "The extension `\(model.fullName)` of `\(model.extendee.fullName)`."
    text.blank()
    text.documentation(summary)
    text.list(
      "\(access)let \(model.constantName) = MessageExtension<\(model.extendee.swiftName), \(property(type))>(",
      try arguments(of: model),
      ")"
    )
    if let alias = model.valueAlias {
      text.blank()
      text.documentation("The type of the extension `\(model.fullName)`, which one inside of the message hides.")
      text.add("\(options.visibility.modifier)typealias \(alias) = \(type)")
    }
    let visibleType = model.valueAlias ?? type
    text.blank()
    try text.block("extension \(model.extendee.swiftName) {") { (text) throws(GeneratorError) in
      text.documentation(comment ?? summary)
      text.block("\(access)var \(name): \(property(visibleType)) {") { text in
        text.add("get { self[\(model.constantName)] }")
        text.add("set { self[\(model.constantName)] = newValue }")
      }
      guard !isRepeated, let literal = try code.defaultLiteral() else { return }
      text.blank()
      text.documentation("The extension `\(model.fullName)`, or its default if it is not set.")
      text.add("\(access)var \(model.orDefaultName): \(visibleType) { self.\(name) ?? \(literal) }")
    }
  }

  private func arguments(of model: ExtensionModel) throws(GeneratorError) -> [String] {
    let element = try element(of: model.field)
    let isRepeated = model.field.proto.label == .repeated
    var arguments = [StringLiteral.quoted(model.fullName), "number: \(model.field.number)"]
    arguments.append(isRepeated ? "repeated: .\(element)" : ".\(element)")
    switch model.field.type {
    case .string, .bytes, .message: break
    case .number, .bool, .enumeration: if isRepeated, model.isPacked { arguments.append("isPacked: true") }
    }
    return arguments
  }

  /// The member of `ExtensionElement` for a type.
  private func element(of field: FieldModel) throws(GeneratorError) -> String {
    switch field.proto.type {
    case .double: "double"
    case .float: "float"
    case .int64: "int64"
    case .uint64: "uint64"
    case .int32: "int32"
    case .fixed64: "fixed64"
    case .fixed32: "fixed32"
    case .bool: "bool"
    case .string: "string"
    case .group: "group"
    case .message: "message"
    case .bytes: "bytes"
    case .uint32: "uint32"
    case .enum: "enumeration"
    case .sfixed32: "sfixed32"
    case .sfixed64: "sfixed64"
    case .sint32: "sint32"
    case .sint64: "sint64"
    case .unrecognized, nil: throw GeneratorError("extension \(field.name) is of an unknown type")
    }
  }
}
