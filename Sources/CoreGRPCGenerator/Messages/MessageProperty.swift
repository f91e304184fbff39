/// A property of a message: a field, or a one-of.
struct MessageProperty {
  let name: String
  let type: String
  let initialValue: String
  let documentation: String

  /// What stands before the declaration, with a space after it.
  let attribute: String

  /// The declaration without what stands before `var`.
  var declaration: String {
    // An optional begins as nil, unless it is wrapped.
    initialValue == "nil" && attribute.isEmpty ? "\(name): \(type)" : "\(name): \(type) = \(initialValue)"
  }

  init(_ field: FieldCode, in message: MessageModel) throws(GeneratorError) {
    name = field.field.swiftName
    type = try field.propertyType()
    initialValue = try field.initialValue()
    documentation = message.file.locations.comment(of: field.field.path) ?? "The field `\(field.field.name)`."
    attribute = field.field.isRecursive ? "@Indirect " : ""
  }

  init(_ oneOf: OneOfCode) {
    name = oneOf.propertyName
    type = "\(oneOf.typeName)?"
    initialValue = "nil"
    documentation = oneOf.documentation
    attribute = ""
  }
}
