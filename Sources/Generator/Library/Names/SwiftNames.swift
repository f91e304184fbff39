import ProtobufCWellKnownTypes

/// The names in Swift of all types of a request, and of what messages have.
struct SwiftNames {
  /// The last part of the name of each message, enum, service and layout of a map's entries, by the full name.
  private(set) var types: [String: String] = [:]

  /// The type of each file, by the file's name.
  private(set) var files: [String: String] = [:]

  /// The names of the structs' members, by the messages' full names.
  private(set) var members: [String: MemberNames] = [:]

  /// The types at the top that each message, and those inside it, name: a property of such a name would hide them.
  private(set) var named: [String: Set<String>] = [:]

  private let isC: (String) -> Bool

  /// The types at the top.
  private var top: NameOwners

  /// The Swift type at the top that each message and enum is or is in, by the full name.
  private var roots: [String: String] = [:]

  /// Names all types.
  ///
  /// - Parameters:
  ///   - order: The files.
  ///   - isC: Whether the C of the files has a name.
  init(_ order: FileOrder, isC: @escaping (String) -> Bool) {
    top = NameOwners(order)
    self.isC = isC
    for file in order.ordered { nameTypes(atTopOf: file) }
    for file in order.ordered {
      for message in file.proto.messageType { nameMembers(of: message, file.fullName(message.name ?? ""), in: file) }
    }
  }

  /// Whether a file in the same module has a type at the top of the name, or one that the file imports.
  func isTaken(_ name: String, for file: SchemaFile) -> Bool { top.isTaken(name, for: file) }

  // MARK: At the top

  private mutating func nameTypes(atTopOf file: SchemaFile) {
    let proto = file.proto
    let messages = proto.messageType.map { $0.name ?? "" }
    let enums = proto.enumType.map { $0.name ?? "" }
    let services = proto.service.map { $0.name ?? "" }
    let prefix = file.prefix
    let isHidden = { [isC] name in SwiftIdentifier.namesInsideTypes.contains(name) || isC(name) }
    var scope = NameScope()
    let names = scope.names(
      for: messages.map { SwiftIdentifier.type(prefix + $0, suffix: "Message", isHidden) }
        + enums.map { SwiftIdentifier.type(prefix + $0, suffix: "Enum", isHidden) }
        + services.map { SwiftIdentifier.type(prefix + $0, suffix: "Service", isHidden) }
        + [SwiftIdentifier.type(file.usualDescriptorName, suffix: "Descriptor", isHidden)],
      isTaken: { top.isTaken($0, for: file) }
    )
    for (fullName, name) in zip((messages + enums + services).map(file.fullName), names) {
      types[fullName] = name
      roots[fullName] = name
    }
    files[file.name] = names.last
    for name in names { top.add(name, of: file) }
    for (index, message) in proto.messageType.enumerated() {
      setRoot(of: message, file.fullName(messages[index]), to: names[index])
    }
  }

  private mutating func setRoot(of message: MessageProto, _ fullName: String, to root: String) {
    roots[fullName] = root
    for enumeration in message.enumType { roots["\(fullName).\(enumeration.name ?? "")"] = root }
    for nested in message.nestedType { setRoot(of: nested, "\(fullName).\(nested.name ?? "")", to: root) }
  }

  // MARK: Inside messages

  private mutating func nameMembers(of message: MessageProto, _ fullName: String, in file: SchemaFile) {
    let own = Set([roots[fullName], files[file.name]].compactMap(\.self))
    let inner = namedTypes(of: message, withNested: true).union(own)
    let names = MemberNames(
      of: message,
      referenced: namedTypes(of: message, withNested: false).union(own),
      isHidden: { [isC] in inner.contains($0) || SwiftIdentifier.membersOfMessages.contains($0) || isC($0) }
    )
    members[fullName] = names
    named[fullName] = inner
    for (name, swiftName) in names.types { types["\(fullName).\(name)"] = swiftName }
    for nested in message.nestedType {
      let name = "\(fullName).\(nested.name ?? "")"
      if nested.isMapEntry {
        members[name] = MemberNames(of: nested, referenced: []) { _ in false }
      } else {
        nameMembers(of: nested, name, in: file)
      }
    }
  }

  /// The types at the top that the fields of a message name, in whole or as the beginning of a name.
  private func namedTypes(of message: MessageProto, withNested: Bool) -> Set<String> {
    var names = Set(
      message.field.compactMap { field in field.typeName.flatMap { roots[String($0.drop { $0 == "." })] } }
    )
    for nested in message.nestedType where withNested || nested.isMapEntry {
      names.formUnion(namedTypes(of: nested, withNested: withNested))
    }
    return names
  }
}
