import ProtobufCWellKnownTypes

/// The names that the request to protoc-gen-c has in place of those of the `.proto` files.
///
/// protoc-gen-c maps different names to the same C identifier: those of messages and enums, such as `HttpCode` and
/// `httpCode`, or `A.B` and `A_B`, those of fields that differ in case, and those of one-ofs and the enums beside them.
/// To avoid that, a message, an enum or a one-of whose C identifiers are taken gets the suffix `_c2`, `_c3` and so on,
/// and a field an underscore. A field whose name means something else in C gets an underscore, too. The protobuf of
/// protoc-gen-c takes no proto3 fields that differ in case and underscores only: there a field gets such a suffix, too.
///
/// The wire format has no names. ``CFile`` restores the original names in the descriptors of the C.
struct CNames {
  /// The full names of messages and enums in the request, where these differ from their own.
  private var types: [String: String] = [:]

  /// The names of the messages' members, by the messages' full names.
  private var members: [String: CMemberNames] = [:]

  /// The names of fields and the full names of types in the request for which the files have others, by the file's
  /// name.
  private(set) var originals: [String: [String: String]] = [:]

  /// The identifiers that the C of all files declares or defines, in one namespace.
  private var identifiers: Set<String> = []

  /// The full names of all declarations.
  private var symbols: Set<String> = []

  /// The texts in the C's descriptors of the file that is being named, apart from full names: the file's package, and
  /// the names of its fields and types.
  ///
  /// No field or type gets such a text as its name in the request: ``CFile`` could not tell the two apart.
  private var literals: Set<String> = []

  init(_ order: FileOrder) {
    for file in order.ordered { addSymbols(of: file) }
    for file in order.ordered {
      let types = file.proto.enumType.map(TypeProto.enumeration) + file.proto.messageType.map(TypeProto.message)
      literals = Self.literals(of: file)
      place(types, in: file.package, file.package, file)
      for (message, fullName) in Self.messages(of: file) { nameMembers(of: message, fullName, in: file) }
    }
  }

  /// Whether the C has a name.
  func contains(_ identifier: String) -> Bool { identifiers.contains(identifier) }

  /// Returns the full name of a message or an enum in the request.
  func fullName(of type: String) -> String { types[type] ?? type }

  /// Returns the names of a message's members.
  func members(of message: String) -> CMemberNames { members[message] ?? CMemberNames() }

  private mutating func addSymbols(of file: SchemaFile) {
    for enumeration in file.proto.enumType { addSymbols(of: enumeration, in: file.package) }
    for (message, fullName) in Self.messages(of: file) {
      symbols.insert(fullName)
      for field in message.field { symbols.insert("\(fullName).\(field.name ?? "")") }
      for oneOf in message.oneofDecl { symbols.insert("\(fullName).\(oneOf.name ?? "")") }
      for enumeration in message.enumType { addSymbols(of: enumeration, in: fullName) }
    }
  }

  private mutating func addSymbols(of enumeration: EnumProto, in scope: String) {
    symbols.insert(Self.joined(scope, enumeration.name ?? ""))
    for value in enumeration.value { symbols.insert(Self.joined(scope, value.name ?? "")) }
  }

  private static func literals(of file: SchemaFile) -> Set<String> {
    var literals = Set(file.proto.enumType.map { $0.name ?? "" })
    literals.insert(file.package)
    for (message, _) in messages(of: file) {
      // protoc-gen-c writes that of a message in the way of its struct's.
      literals.insert(CName.type(message.name ?? ""))
      literals.formUnion(message.field.map { $0.name ?? "" })
      literals.formUnion(message.enumType.map { $0.name ?? "" })
    }
    return literals
  }

  /// All messages of a file, with their full names.
  private static func messages(of file: SchemaFile) -> [(MessageProto, String)] {
    func all(_ message: MessageProto, _ fullName: String) -> [(MessageProto, String)] {
      [(message, fullName)] + message.nestedType.flatMap { all($0, "\(fullName).\($0.name ?? "")") }
    }
    return file.proto.messageType.flatMap { all($0, file.fullName($0.name ?? "")) }
  }
}

// MARK: Types

extension CNames {
  private enum TypeProto {
    case message(MessageProto)
    case enumeration(EnumProto)

    var name: String {
      switch self {
      case .message(let proto): proto.name ?? ""
      case .enumeration(let proto): proto.name ?? ""
      }
    }
  }

  /// Names the types in a file or a message: first those that can have their own names.
  ///
  /// - Parameters:
  ///   - types: The types.
  ///   - scope: The full name of what they are in.
  ///   - cScope: The full name that this has in the request.
  ///   - file: The file.
  private mutating func place(_ types: [TypeProto], in scope: String, _ cScope: String, _ file: SchemaFile) {
    var rest: [TypeProto] = []
    for type in types {
      if !place(type, named: type.name, in: scope, cScope, file) { rest.append(type) }
    }
    for type in rest {
      var names = alternatives(for: type.name, in: scope)
      while let name = names.next(), !place(type, named: name, in: scope, cScope, file) {}
    }
  }

  private mutating func place(
    _ type: TypeProto,
    named name: String,
    in scope: String,
    _ cScope: String,
    _ file: SchemaFile
  ) -> Bool {
    let fullName = Self.joined(scope, type.name)
    let cFullName = Self.joined(cScope, name)
    guard claim(Self.identifiers(of: type, cFullName, in: file)) else { return false }
    if cFullName != fullName {
      types[fullName] = cFullName
      originals[file.name, default: [:]][cFullName] = fullName
    }
    guard case .message(let message) = type else { return true }
    let nested = message.enumType.map(TypeProto.enumeration) + message.nestedType.map(TypeProto.message)
    place(nested, in: fullName, cFullName, file)
    return true
  }

  /// Names for a type or a one-of that cannot have its own, as long as nothing else in the file has them.
  private func alternatives(for name: String, in scope: String) -> some IteratorProtocol<String> {
    let taken = [symbols, literals]
    return (2...).lazy.map { "\(name)_c\($0)" }.filter { name in
      !taken.contains { $0.contains(Self.joined(scope, name)) }
    }.makeIterator()
  }

  /// Takes identifiers, unless one of them is taken.
  private mutating func claim(_ wanted: [String]) -> Bool {
    guard Set(wanted).count == wanted.count, identifiers.isDisjoint(with: wanted) else { return false }
    identifiers.formUnion(wanted)
    return true
  }

  /// Returns the identifiers of the C that protoc-gen-c writes for a type.
  private static func identifiers(of type: TypeProto, _ fullName: String, in file: SchemaFile) -> [String] {
    let qualified = file.qualifiedInC(fullName)
    let name = CName.type(qualified)
    let lower = CName.function(qualified)
    let upper = lower.uppercased()
    switch type {
    case .message:
      return [name, name + "_Closure", upper + "__INIT"]
        + ["init", "descriptor", "field_descriptors", "field_indices_by_name", "number_ranges"].map {
          "\(lower)__\($0)"
        }
    case .enumeration(let proto):
      return [name, "_" + name, "_\(upper)_IS_INT_SIZE"]
        + ["descriptor", "enum_values_by_number", "value_ranges", "enum_values_by_name"].map { "\(lower)__\($0)" }
        + proto.value.map { "\(upper)__\($0.name ?? "")" }
    }
  }
}

// MARK: Members

extension CNames {
  /// Names the fields and the one-ofs of a message.
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - fullName: Its full name.
  ///   - file: The file.
  private mutating func nameMembers(of message: MessageProto, _ fullName: String, in file: SchemaFile) {
    var names = CMemberNames()
    // protoc-gen-c has a constant of that end for a one-of that is not set.
    var taken = Set(message.oneofDecl.indices.map { "\($0) _NOT_SET" })
    for index in message.oneofDecl.indices {
      let name = nameOneOf(index, of: message, fullName, in: file, taken)
      taken.insert(CName.caseMember(name))
      names.oneOfs.append(name)
    }
    for field in message.field {
      var name = field.name ?? ""
      var number = 1
      while file.isProto3, taken.contains(Self.spelling(of: name)) {
        number += 1
        name = "\(field.name ?? "")_c\(number)"
      }
      while !isFree(name, for: field, taken) || !canRename(field, to: name, in: fullName, file) { name += "_" }
      taken.formUnion(Self.members(of: field, named: name) + [Self.spelling(of: name)])
      names.fields.append(name)
      if name != field.name { originals[file.name, default: [:]][name] = field.name ?? "" }
    }
    if taken.contains(names.base) { names.base = "protobuf_c_base" }
    while taken.contains(names.base) { names.base += "_" }
    members[fullName] = names
  }

  private mutating func nameOneOf(
    _ index: Int,
    of message: MessageProto,
    _ fullName: String,
    in file: SchemaFile,
    _ taken: Set<String>
  ) -> String {
    let oneOf = message.oneofDecl[index].name ?? ""
    let qualified = file.qualifiedInC(self.fullName(of: fullName))
    let fields = message.field.filter { $0.oneofIndex == Int32(index) }.map { CName.constant($0.name ?? "") }
    func identifiers(_ name: String) -> [String] {
      let upper = CName.function(qualified).uppercased() + "__" + CName.constant(name)
      // Two fields may be the same here, and the fields' names see to that.
      return ["\(CName.type(qualified))__\(CName.type(name))Case", upper + "__NOT_SET", "_\(upper)__CASE_IS_INT_SIZE"]
        + Set(fields).subtracting(["_NOT_SET"]).map { "\(upper)_\($0)" }
    }
    if !taken.contains(CName.caseMember(oneOf)), claim(identifiers(oneOf)) { return oneOf }
    var names = alternatives(for: oneOf, in: fullName)
    while let name = names.next() {
      if !taken.contains(CName.caseMember(name)), claim(identifiers(name)) { return name }
    }
    preconditionFailure("no alternative name is free")
  }

  private func isFree(_ name: String, for field: FieldProto, _ taken: Set<String>) -> Bool {
    !CName.isReserved(CName.member(name), isOwn: name == field.name)
      && taken.isDisjoint(with: Self.members(of: field, named: name))
  }

  /// Whether a field can have a name that is not its own: whether no other declaration has it.
  private func canRename(_ field: FieldProto, to name: String, in message: String, _ file: SchemaFile) -> Bool {
    guard name != field.name else { return true }
    let other = originals[file.name]?[name]
    return !literals.contains(name) && !symbols.contains(name) && !symbols.contains("\(message).\(name)")
      && (other == nil || other == field.name)
  }

  /// The members of the struct for a field, and the constant of its one-of.
  private static func members(of field: FieldProto, named name: String) -> [String] {
    let member = CName.member(name)
    let members =
      switch field.label {
      case .repeated: [member, "n_" + member]
      case .optional: [member, "has_" + member]
      case .required, .unrecognized, nil: [member]
      }
    // Not a member, but like one: the names that a one-of's constants end with.
    return members + (field.oneofIndex.map { ["\($0) \(CName.constant(name))"] } ?? [])
  }

  /// A text that no two fields of a proto3 message may have in common for the protobuf of protoc-gen-c.
  ///
  /// Newer ones take such fields, if their names in JSON differ. It has a space, as no member has.
  private static func spelling(of name: String) -> String { "spelt " + name.lowercased().filter { $0 != "_" } }

  private static func joined(_ scope: String, _ name: String) -> String {
    scope.isEmpty ? name : "\(scope).\(name)"
  }
}
