/// A property of a message: a field, or a one-of.
struct MessageProperty {
  let name: String
  let type: String
  let initialValue: String
  let documentation: String

  /// The attribute of the declaration, with a space after it.
  let attribute: String

  /// The property with the fields that the message's type does not know.
  static let unknownFields = MessageProperty()

  /// The declaration without what stands before `var`.
  var declaration: String {
    if name == Self.unknownFields.name { return "\(name) = \(initialValue)" }
    // An optional begins as nil, unless it is wrapped.
    return initialValue == "nil" && attribute.isEmpty ? "\(name): \(type)" : "\(name): \(type) = \(initialValue)"
  }

  private init() {
    name = "unknownFields"
    type = "UnknownFields"
    initialValue = "UnknownFields()"
    documentation = "The fields that came and that this type does not know."
    attribute = ""
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
