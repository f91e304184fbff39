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

  /// The property that has the default in place of nothing, for an extension that declares one.
  fileprivate(set) var orDefaultName: String

  /// The type at the file's top that stands for that of the value, if the extended message hides it by one of its own.
  fileprivate(set) var valueAlias: String?

  /// Whether repeated numbers are sent in one piece.
  let isPacked: Bool

  /// The extensions that files declare, at their tops and in their messages, by the file's name.
  ///
  /// Those of messages in the MessageSet format are left out: that format is not protobuf's usual one.
  static func all(in order: FileOrder, _ schema: Schema) throws(GeneratorError) -> [String: [ExtensionModel]] {
    var search = ExtensionSearch(order, schema)
    var extensions: [String: [ExtensionModel]] = [:]
    for file in order.ordered { extensions[file.name] = try search.extensions(of: file) }
    return extensions
  }
}

/// Finds the extensions of one file after the other, and names them.
private struct ExtensionSearch {
  private let schema: Schema
  private var constants: NameOwners

  /// The properties, each with the full name of its message before it.
  private var properties: NameOwners

  /// Those of the file that is being searched.
  private var extensions: [ExtensionModel] = []

  init(_ order: FileOrder, _ schema: Schema) {
    self.schema = schema
    constants = NameOwners(order)
    properties = NameOwners(order)
  }

  mutating func extensions(of file: SchemaFile) throws(GeneratorError) -> [ExtensionModel] {
    extensions = []
    try add(file.proto.extension, of: file, path: [7], scope: file.package, prefix: file.prefix)
    for message in file.proto.messageType { try add(in: try schema.message(file.fullName(message.name ?? ""))) }
    nameDefaults(in: file)
    try nameHiddenValues(in: file)
    return extensions
  }

  private mutating func add(in message: MessageModel) throws(GeneratorError) {
    let prefix = message.swiftName.split(separator: ".").joined(separator: "_") + "_"
    let path = message.path + [6]
    try add(message.proto.extension, of: message.file, path: path, scope: message.fullName, prefix: prefix)
    for nested in message.nestedMessages { try add(in: try schema.message(nested)) }
  }

  private mutating func add(
    _ protos: [FieldProto],
    of file: SchemaFile,
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
          constantName: constant("\(prefix)Extensions_\(name)", of: extendee, in: file),
          propertyName: property(prefix + SwiftName.lowerCamelCase(name), of: extendee, in: file),
          orDefaultName: "",
          isPacked: proto.options?.packed ?? file.isProto3
        )
      )
    }
  }

  /// Names the properties with defaults, after the extensions themselves: these have the first choice.
  private mutating func nameDefaults(in file: SchemaFile) {
    for index in extensions.indices where extensions[index].field.proto.defaultValue != nil {
      let model = extensions[index]
      extensions[index].orDefaultName = property("\(model.propertyName)OrDefault", of: model.extendee, in: file)
    }
  }

  /// Names the types of values that a type inside of the extended message hides where it is extended.
  private mutating func nameHiddenValues(in file: SchemaFile) throws(GeneratorError) {
    for index in extensions.indices {
      let model = extensions[index]
      let type: String
      switch model.field.type {
      case .message(let name): type = try schema.message(name).swiftName
      case .enumeration(let name): type = try schema.enumeration(name).swiftName
      case .number, .bool, .string, .bytes: continue
      }
      guard model.extendee.members.allTypes.contains(String(type.prefix { $0 != "." })) else { continue }
      extensions[index].valueAlias = constant("\(model.constantName)_Value", of: model.extendee, in: file)
    }
  }

  /// A name that no other constant, no type at the top and no member of the extended message has.
  ///
  /// `A.B` and `A_B` have the same prefix, and a member would hide it where the message is extended.
  private mutating func constant(_ wish: String, of extendee: MessageModel, in file: SchemaFile) -> String {
    var name = wish
    while constants.isTaken(name, for: file) || schema.hasType(name, for: file)
      || extendee.members.all.contains(name) || properties.isTaken("\(extendee.fullName).\(name)", for: file)
    { name += "_" }
    constants.add(name, of: file)
    return name
  }

  /// A name that is neither a field's of the message nor that of another extension, and hides no type and no constant.
  private mutating func property(_ wish: String, of extendee: MessageModel, in file: SchemaFile) -> String {
    let members = SwiftIdentifier.membersOfMessages.union(extendee.members.all).union(schema.namedTypes(in: extendee))
    var name = wish
    while members.contains(name) || constants.isTaken(name, for: file)
      || properties.isTaken("\(extendee.fullName).\(name)", for: file)
    { name += "_p" }
    properties.add("\(extendee.fullName).\(name)", of: file)
    return name
  }
}
