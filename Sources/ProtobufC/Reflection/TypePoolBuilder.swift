internal import ProtobufC
internal import ProtobufCWellKnownTypes

/// Reads the descriptors of files.
struct TypePoolBuilder {
  private typealias Scope = (name: String, proto: Google_Protobuf_DescriptorProto, file: Rules)

  /// The rules of a file that its fields depend on; a field of an edition can have others.
  private struct Rules {
    var packsByDefault: Bool

    /// Whether enums are closed.
    var closesEnums: Bool

    /// Whether sub-messages stand between two tags.
    var delimits = false

    /// The rules where features of an edition are set.
    func with(_ features: Google_Protobuf_FeatureSet?) -> Rules {
      var rules = self
      if let encoding = features?.repeatedFieldEncoding { rules.packsByDefault = encoding == .packed }
      if let encoding = features?.messageEncoding { rules.delimits = encoding == .delimited }
      if let type = features?.enumType { rules.closesEnums = type == .closed }
      return rules
    }
  }

  private var messages: [Scope] = []
  private var enums: [EnumType] = []
  private var messageIndexes: [String: Int] = [:]
  private var enumIndexes: [String: Int] = [:]
  private var extensions: [(name: String, proto: Google_Protobuf_FieldDescriptorProto, file: Rules)] = []

  private var extensionNames: Set<String> = []

  private init() {}

  /// Makes a pool of the types of some files and of the files that they import.
  ///
  /// Of several files, types or extensions of one name the first counts: a file comes before those that it imports, and
  /// these come before the next file.
  static func pool(of files: [ProtoFileDescriptor]) -> TypePool {
    var builder = TypePoolBuilder()
    var known: Set<String> = []
    // The next file is the last element.
    var rest = Array(files.reversed())
    while let file = rest.popLast() {
      guard known.insert(file.name).inserted else { continue }
      rest += file.dependencies.reversed()
      // An `Any` may hold each of the well-known types, which have JSON of their own. Other files come first.
      if file.name == Google_Protobuf_AnyFile.descriptor.name { rest = wellKnownFiles + rest }
      builder.add(file)
    }
    return builder.pool()
  }

  private static var wellKnownFiles: [ProtoFileDescriptor] {
    [
      Google_Protobuf_DurationFile.descriptor, Google_Protobuf_EmptyFile.descriptor,
      Google_Protobuf_FieldMaskFile.descriptor, Google_Protobuf_StructFile.descriptor,
      Google_Protobuf_TimestampFile.descriptor, Google_Protobuf_WrappersFile.descriptor,
    ]
  }

  private mutating func add(_ file: ProtoFileDescriptor) {
    // It is a part of the program: it may be large.
    let limits = DecodingLimits(maxMemoryBytes: 1 << 30)
    guard let proto = try? Google_Protobuf_FileDescriptorProto(serializedBytes: file.serializedBytes, limits: limits)
    else { return }
    let isProto2 = ["", "proto2"].contains(proto.syntax ?? "")
    let rules = Rules(packsByDefault: !isProto2, closesEnums: isProto2).with(proto.options?.features)
    let package = proto.package ?? ""
    for message in proto.messageType { add(message, in: package, rules) }
    for enumeration in proto.enumType { add(enumeration, in: package, rules) }
    for field in proto.`extension` { add(field, in: package, rules) }
  }

  private mutating func add(_ message: Google_Protobuf_DescriptorProto, in scope: String, _ rules: Rules) {
    let name = Self.fullName(message.name, in: scope)
    if messageIndexes[name] == nil {
      messageIndexes[name] = messages.count
      messages.append((name, message, rules))
    }
    for nested in message.nestedType { add(nested, in: name, rules) }
    for enumeration in message.enumType { add(enumeration, in: name, rules.with(message.options?.features)) }
    for field in message.`extension` { add(field, in: name, rules) }
  }

  private mutating func add(_ enumeration: Google_Protobuf_EnumDescriptorProto, in scope: String, _ rules: Rules) {
    let name = Self.fullName(enumeration.name, in: scope)
    guard enumIndexes[name] == nil else { return }
    enumIndexes[name] = enums.count
    let values = enumeration.value.map { ($0.name ?? "", $0.number ?? 0) }
    let isClosed = rules.with(enumeration.options?.features).closesEnums
    enums.append(EnumType(name: name, values: values, isClosed: isClosed))
  }

  private mutating func add(_ field: Google_Protobuf_FieldDescriptorProto, in scope: String, _ rules: Rules) {
    let name = Self.fullName(field.name, in: scope)
    guard extensionNames.insert(name).inserted else { return }
    extensions.append((name, field, rules))
  }

  private func pool() -> TypePool {
    let extensions = Dictionary(grouping: extensions) { Self.absolute($0.proto.extendee) }
    let types = messages.map { scope in
      let isEntry = scope.proto.options?.mapEntry == true
      var fields = scope.proto.field.compactMap { field($0, scope.file, in: scope.name, isPartOfEntry: isEntry) }
      var numbers = Set(fields.map(\.number))
      for (name, proto, rules) in extensions[scope.name] ?? [] {
        guard var field = field(proto, rules, in: ""), numbers.insert(field.number).inserted else { continue }
        field.name = "[\(name)]"
        field.jsonName = field.name
        field.textName = field.name
        fields.append(field)
      }
      return MessageType(name: scope.name, fields: fields, reservedNames: Set(scope.proto.reservedName))
    }
    return TypePool(messages: types, enums: enums, indexesByName: messageIndexes)
  }

  private func field(
    _ proto: Google_Protobuf_FieldDescriptorProto,
    _ rules: Rules,
    in scope: String,
    isPartOfEntry: Bool = false
  ) -> FieldType? {
    let rules = rules.with(proto.options?.features)
    guard let kind = kind(of: proto), let number = proto.number.flatMap(UInt32.init(exactly:)) else { return nil }
    let name = proto.name ?? ""
    var field = FieldType(name: name, jsonName: proto.jsonName ?? name, number: number, kind: kind, textName: name)
    field.isRepeated = proto.label == .repeated
    field.isRequired = proto.label == .required || proto.options?.features?.fieldPresence == .legacyRequired
    field.isPacked = field.isRepeated && kind.isPackable && (proto.options?.packed ?? rules.packsByDefault)
    // proto3's `optional` makes a one-of of a single field, which is none to programs.
    field.oneOf = proto.proto3Optional == true ? nil : proto.oneofIndex.map(Int.init)
    if let index = field.messageIndex {
      field.isMap = field.isRepeated && messages[index].proto.options?.mapEntry == true
    }
    // The encoding is not for maps: their entries, and messages in those, have a length.
    if case .message(let index) = kind, rules.delimits, !field.isMap, !isPartOfEntry { field.kind = .group(index) }
    if case .group(let index) = field.kind, isGroup(proto, of: index, in: scope) {
      field.textName = messages[index].proto.name ?? name
    }
    return field
  }

  /// Whether a field has the names that the syntax of groups gives it and its type, which text format goes by.
  private func isGroup(_ proto: Google_Protobuf_FieldDescriptorProto, of index: Int, in scope: String) -> Bool {
    guard proto.type != .group else { return true }
    let type = messages[index]
    return type.name == Self.fullName(type.proto.name, in: scope) && proto.name == type.proto.name?.lowercased()
  }

  private func kind(of proto: Google_Protobuf_FieldDescriptorProto) -> FieldType.Kind? {
    let typeName = Self.absolute(proto.typeName)
    return switch proto.type {
    case .double: .double
    case .float: .float
    case .int64: .int64
    case .uint64: .uint64
    case .int32: .int32
    case .fixed64: .fixed64
    case .fixed32: .fixed32
    case .bool: .bool
    case .string: .string
    case .group: messageIndexes[typeName].map { .group($0) }
    case .message: messageIndexes[typeName].map { .message($0) }
    case .bytes: .bytes
    case .uint32: .uint32
    case .enum: enumIndexes[typeName].map { .enumeration($0) }
    case .sfixed32: .sfixed32
    case .sfixed64: .sfixed64
    case .sint32: .sint32
    case .sint64: .sint64
    default: nil
    }
  }

  private static func fullName(_ name: String?, in scope: String) -> String {
    scope.isEmpty ? name ?? "" : "\(scope).\(name ?? "")"
  }

  /// Returns the name of a type without the leading dot that descriptors give it.
  private static func absolute(_ name: String?) -> String {
    String((name ?? "").drop { $0 == "." })
  }
}
