import ProtobufCWellKnownTypes

/// All types of a request.
struct Schema {
  let files: [SchemaFile]

  /// The names of the request to protoc-gen-c.
  let cNames: CNames

  private(set) var messages: [String: MessageModel] = [:]
  private(set) var enums: [String: EnumModel] = [:]
  private let swiftNames: SwiftNames

  /// The extensions of each file, by its name.
  private var extensions: [String: [ExtensionModel]] = [:]

  private var recursion = RecursionAnalysis()
  private var storage: StorageAnalysis?

  /// Reads the files of a request.
  ///
  /// - Parameters:
  ///   - protos: All files, those that others import before them.
  ///   - generated: The names of those to generate code for.
  ///   - options: Say in which modules the others are.
  init(_ protos: [FileProto], generated: Set<String>, options: GeneratorOptions) throws(GeneratorError) {
    var lowering = EditionLowering()
    var files: [SchemaFile] = []
    for original in protos {
      let proto = try lowering.lowered(original)
      let name = proto.name ?? ""
      let isGenerated = generated.contains(name)
      let modules = options.mappings.modules(ofFile: name) ?? WellKnownFiles.modules(ofFile: name)
      let isOwn = isGenerated && options.generatesMessages || modules == nil || modules?.swift == options.swiftModule
      files.append(
        SchemaFile(
          proto,
          original: original,
          isGenerated: isGenerated,
          module: isOwn ? nil : modules?.swift,
          cModule: isGenerated || isOwn ? options.cModule ?? modules?.c : modules?.c
        )
      )
    }
    let order = FileOrder(files)
    let cNames = CNames(order)
    let names = SwiftNames(order, isC: cNames.contains)
    for index in files.indices { files[index].descriptorName = names.files[files[index].name] ?? "" }
    self.files = files
    self.cNames = cNames
    swiftNames = names
    for file in files {
      for (index, proto) in file.proto.messageType.enumerated() {
        add(proto, in: file, path: [4, Int32(index)], fullName: file.fullName(proto.name ?? ""), around: nil)
      }
      for (index, proto) in file.proto.enumType.enumerated() {
        add(proto, in: file, path: [5, Int32(index)], fullName: file.fullName(proto.name ?? ""), around: nil)
      }
    }
    var fields: [String: [FieldModel]] = [:]
    for message in messages.values {
      let own = try self.fields(of: message)
      recursion.add(message.fullName, fields: own)
      fields[message.fullName] = own
    }
    recursion.finish()
    storage = StorageAnalysis(fields, recursion: recursion)
    extensions = try ExtensionModel.all(in: order, self)
  }

  private mutating func add(
    _ proto: MessageProto,
    in file: SchemaFile,
    path: [Int32],
    fullName: String,
    around outer: String?
  ) {
    let simpleName = swiftNames.types[fullName] ?? ""
    let swiftName = outer.map { "\($0).\(simpleName)" } ?? simpleName
    func fullNames(_ protos: [MessageProto], entries: Bool) -> [String] {
      protos.filter { $0.isMapEntry == entries }.map { "\(fullName).\($0.name ?? "")" }
    }
    messages[fullName] = MessageModel(
      proto: proto,
      file: file,
      path: path,
      fullName: fullName,
      swiftName: swiftName,
      simpleName: simpleName,
      nestedMessages: fullNames(proto.nestedType, entries: false),
      nestedEnums: proto.enumType.map { "\(fullName).\($0.name ?? "")" },
      mapEntries: fullNames(proto.nestedType, entries: true),
      members: swiftNames.members[fullName] ?? MemberNames(),
      cMembers: cNames.members(of: fullName),
      cFullName: cNames.fullName(of: fullName),
      layoutName: proto.isMapEntry ? swiftName : swiftName + ".Layout"
    )
    for (index, nested) in proto.nestedType.enumerated() {
      let name = "\(fullName).\(nested.name ?? "")"
      add(nested, in: file, path: path + [3, Int32(index)], fullName: name, around: swiftName)
    }
    for (index, nested) in proto.enumType.enumerated() {
      let name = "\(fullName).\(nested.name ?? "")"
      add(nested, in: file, path: path + [4, Int32(index)], fullName: name, around: swiftName)
    }
  }

  private mutating func add(
    _ proto: EnumProto,
    in file: SchemaFile,
    path: [Int32],
    fullName: String,
    around outer: String?
  ) {
    let simpleName = swiftNames.types[fullName] ?? ""
    enums[fullName] = EnumModel(
      proto,
      in: file,
      path: path,
      fullName: fullName,
      swiftName: outer.map { "\($0).\(simpleName)" } ?? simpleName,
      simpleName: simpleName
    )
  }
}

extension Schema {
  /// The message of a name that a descriptor has for a type.
  func message(_ name: String) throws(GeneratorError) -> MessageModel {
    guard let message = messages[name] else { throw GeneratorError("the request has no message \(name)") }
    return message
  }

  /// Whether a message keeps its fields in shared storage on the heap.
  func isShared(_ message: String) -> Bool { storage?.isShared(message) == true }

  /// The enum of a name that a descriptor has for a type.
  func enumeration(_ name: String) throws(GeneratorError) -> EnumModel {
    guard let enumeration = enums[name] else { throw GeneratorError("the request has no enum \(name)") }
    return enumeration
  }

  /// The last part of the Swift type for a type or a service.
  func swiftName(of fullName: String) -> String { swiftNames.types[fullName] ?? "" }

  /// The types at the top that the code of a message names.
  func namedTypes(in message: MessageModel) -> Set<String> { swiftNames.named[message.fullName] ?? [] }

  /// Whether a type at the top has a name, in the module of a file or in what the file imports.
  func hasType(_ name: String, for file: SchemaFile) -> Bool { swiftNames.isTaken(name, for: file) }

  /// The extensions that a file declares, at its top and in its messages.
  func extensions(of file: SchemaFile) -> [ExtensionModel] { extensions[file.name] ?? [] }

  /// The file of a name.
  func file(_ name: String) throws(GeneratorError) -> SchemaFile {
    guard let file = files.first(where: { $0.name == name }) else {
      throw GeneratorError("the request has no file \(name)")
    }
    return file
  }

  /// The fields of a message, in the order of their declaration.
  func fields(of message: MessageModel) throws(GeneratorError) -> [FieldModel] {
    var fields: [FieldModel] = []
    for (index, proto) in message.proto.field.enumerated() {
      fields.append(try field(proto, index: index, of: message, cName: message.cMembers.fields[index]))
    }
    return fields
  }

  private func field(
    _ proto: FieldProto,
    index: Int,
    of message: MessageModel,
    cName: String
  ) throws(GeneratorError) -> FieldModel {
    let path = message.path(ofField: index)
    let position = message.file.locations.position(of: path)
    let type = try type(of: proto, at: position)
    let shape = try shape(of: proto, type, in: message, cName: cName)
    return FieldModel(
      proto: proto,
      shape: shape,
      type: type,
      path: path,
      swiftName: SwiftIdentifier.escaped(message.members.properties[index]),
      orDefaultName: SwiftIdentifier.escaped(message.members.defaults[index]),
      caseName: SwiftIdentifier.escaped(message.members.cases[index]),
      cName: cName,
      oneOfIndex: proto.isInOneOf ? proto.oneofIndex.map { Int($0) } : nil,
      isRecursive: shape.isOptional && isRecursive(type, in: message)
    )
  }

  /// An extension as a field: no struct of C has it.
  func extensionField(_ proto: FieldProto, path: [Int32], in file: SchemaFile) throws(GeneratorError) -> FieldModel {
    let type = try type(of: proto, at: file.locations.position(of: path))
    return FieldModel(
      proto: proto,
      shape: proto.label == .repeated ? .repeated : .optional(hasMember: ""),
      type: type,
      path: path,
      swiftName: "",
      orDefaultName: "",
      caseName: "",
      cName: "",
      oneOfIndex: nil,
      isRecursive: false
    )
  }

  /// Whether a field has to be kept outside of the value because it leads back to the same type of message.
  ///
  /// A message that keeps its fields in shared storage needs that neither for its own nor as another's.
  private func isRecursive(_ type: ValueType, in message: MessageModel) -> Bool {
    guard case .message(let target) = type, recursion.isRecursive(from: message.fullName, to: type) else {
      return false
    }
    return !isShared(message.fullName) && !isShared(target)
  }

  private func type(of proto: FieldProto, at position: Position) throws(GeneratorError) -> ValueType {
    let typeName = proto.typeName.map { String($0.drop { $0 == "." }) } ?? ""
    switch proto.type {
    case .double: return .number("Double")
    case .float: return .number("Float")
    case .int32, .sint32, .sfixed32: return .number("Int32")
    case .int64, .sint64, .sfixed64: return .number("Int64")
    case .uint32, .fixed32: return .number("UInt32")
    case .uint64, .fixed64: return .number("UInt64")
    case .bool: return .bool
    case .string: return .string
    case .bytes: return .bytes
    case .enum: return .enumeration(typeName)
    case .message, .group: return .message(typeName)
    case .unrecognized, nil: throw GeneratorError("field \(proto.name ?? "") is of an unknown type", at: position)
    }
  }

  private func shape(
    of proto: FieldProto,
    _ type: ValueType,
    in message: MessageModel,
    cName: String
  ) throws(GeneratorError) -> FieldModel.Shape {
    if proto.label == .repeated {
      if case .message(let name) = type, try self.message(name).proto.isMapEntry { return .map(entry: name) }
      return .repeated
    }
    if let index = proto.oneofIndex {
      return .oneOf(caseMember: CName.caseMember(message.cMembers.oneOfs[Int(index)]))
    }
    if case .message = type {
      guard proto.label == .required, !recursion.isRequiredOfItself(from: message.fullName, to: type) else {
        return .pointer
      }
      return .requiredPointer
    }
    if message.file.isProto3 { return .implicit }
    if proto.options?.features?.fieldPresence == .implicit {
      return .implicitOptional(hasMember: "has_" + CName.member(cName))
    }
    return proto.label == .required ? .required : .optional(hasMember: "has_" + CName.member(cName))
  }
}
