import ProtobufCWellKnownTypes

/// An extension, with its names in Swift.
struct ExtensionModel {
  let field: FieldModel

  /// The message that it extends.
  let extendee: MessageModel

  let fullName: String

  /// The constant that describes it.
  let constantName: String

  /// The property of the extended message.
  let propertyName: String

  /// Whether repeated numbers are sent in one piece.
  let isPacked: Bool

  /// The extensions that a file declares, at its top and in its messages.
  ///
  /// Those of messages in the MessageSet format are left out: that format is not protobuf's usual one.
  static func all(of file: SchemaFile, _ schema: Schema) throws(GeneratorError) -> [ExtensionModel] {
    var search = ExtensionSearch(file: file, schema: schema)
    try search.add(file.proto.extension, path: [7], scope: file.package, prefix: file.prefix)
    for message in file.proto.messageType { try search.add(in: try schema.message(file.fullName(message.name ?? ""))) }
    return search.extensions
  }
}

private struct ExtensionSearch {
  let file: SchemaFile
  let schema: Schema
  var extensions: [ExtensionModel] = []
  private var takenConstants: Set<String> = []
  private var takenProperties: Set<String> = []

  init(file: SchemaFile, schema: Schema) {
    self.file = file
    self.schema = schema
  }

  mutating func add(in message: MessageModel) throws(GeneratorError) {
    let prefix = message.swiftName.split(separator: ".").joined(separator: "_") + "_"
    try add(message.proto.extension, path: message.path + [6], scope: message.fullName, prefix: prefix)
    for nested in message.nestedMessages { try add(in: try schema.message(nested)) }
  }

  mutating func add(
    _ protos: [FieldProto],
    path: [Int32],
    scope: String,
    prefix: String
  ) throws(GeneratorError) {
    for (index, proto) in protos.enumerated() {
      let extendee = try schema.message(String((proto.extendee ?? "").drop { $0 == "." }))
      guard extendee.proto.options?.messageSetWireFormat != true else { continue }
      let field = try schema.extensionField(proto, path: path + [Int32(index)], in: file)
      let name = proto.name ?? ""
      extensions.append(
        ExtensionModel(
          field: field,
          extendee: extendee,
          fullName: scope.isEmpty ? name : "\(scope).\(name)",
          constantName: constant("\(prefix)Extensions_\(name)"),
          propertyName: property(of: field, prefix: prefix, in: extendee),
          isPacked: proto.options?.packed ?? file.isProto3
        )
      )
    }
  }

  /// A name that no other constant of the file has: `A.B` and `A_B` have the same prefix.
  private mutating func constant(_ wish: String) -> String {
    var name = wish
    while !takenConstants.insert(name).inserted { name += "_" }
    return name
  }

  /// A name that is neither a field's of the message nor that of another extension, and hides no type.
  private mutating func property(of field: FieldModel, prefix: String, in extendee: MessageModel) -> String {
    let members = SwiftIdentifier.membersOfMessages.union(extendee.members.all).union(schema.namedTypes(in: extendee))
    var name = prefix + SwiftName.lowerCamelCase(field.name)
    while members.contains(name) || takenProperties.contains("\(extendee.fullName).\(name)") { name += "_p" }
    takenProperties.insert("\(extendee.fullName).\(name)")
    return name
  }
}
