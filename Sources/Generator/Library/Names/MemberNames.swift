import ProtobufCWellKnownTypes

/// The names in Swift of what a message's struct has.
struct MemberNames {
  /// The property of each field, in their order; that of its one-of for a field that is in one.
  private(set) var properties: [String] = []

  /// The property of each field that has the default in place of nothing, in the order of the fields.
  private(set) var defaults: [String] = []

  /// The case of each field in its one-of, in the order of the fields.
  private(set) var cases: [String] = []

  /// The property of each one-of, in their order.
  private(set) var oneOfProperties: [String] = []

  /// The type of each one-of, in their order.
  private(set) var oneOfTypes: [String] = []

  /// The types inside the message, by their names in the `.proto` file: messages, enums, and the layouts of the maps'
  /// entries.
  private(set) var types: [String: String] = [:]

  /// All of these names but those of cases.
  var all: Set<String> { allTypes.union(properties).union(defaults) }

  /// The types inside the message, which hide others where it is extended.
  var allTypes: Set<String> { Set(oneOfTypes + types.values) }

  init() {}

  /// Names the members of a message.
  ///
  /// - Parameters:
  ///   - proto: The message.
  ///   - referenced: The types that its own declarations name, as far as they are outside of the message.
  ///   - isHidden: Whether a type of a name would hide another that the message or those inside it name.
  init(of proto: MessageProto, referenced: Set<String>, isHidden: @escaping (String) -> Bool) {
    var scope = NameScope()
    nameProperties(of: proto, referenced, in: &scope)
    nameTypes(of: proto, isHidden, in: &scope)
    nameCases(of: proto)
  }

  private mutating func nameProperties(of proto: MessageProto, _ referenced: Set<String>, in scope: inout NameScope) {
    // The names behind properties with a wrapper.
    let stored = Set(proto.field.filter(\.isSingleMessage).map { "_" + SwiftName.lowerCamelCase($0.name ?? "") })
    func wish(_ name: String, alternative: (String) -> String) -> NameScope.Wish {
      let name = SwiftName.lowerCamelCase(name)
      let isReserved = { name in
        SwiftIdentifier.membersOfMessages.contains(name) || referenced.contains(name) || referenced.contains("_" + name)
          || stored.contains(name)
      }
      return NameScope.Wish(
        name: name,
        alternative: isReserved(name) ? name + "_p" : alternative(name),
        isReserved: isReserved
      )
    }
    // A one-of that stands for an `optional` has no property.
    let oneOfs = proto.oneofDecl.indices.filter { index in
      proto.field.contains { $0.isInOneOf && $0.oneofIndex == Int32(index) }
    }
    let fields = proto.field.indices.filter { !proto.field[$0].isInOneOf }
    let names = scope.names(
      for: fields.map { index in
        let field = proto.field[index]
        return wish(field.name ?? "") { "\($0)_\(field.number ?? 0)" }
      } + oneOfs.map { wish(proto.oneofDecl[$0].name ?? "") { $0 + "_p" } }
    )
    oneOfProperties = Array(repeating: "", count: proto.oneofDecl.count)
    for (index, name) in zip(oneOfs, names.dropFirst(fields.count)) { oneOfProperties[index] = name }
    properties = proto.field.map { field in
      field.isInOneOf ? oneOfProperties[Int(field.oneofIndex ?? 0)] : ""
    }
    for (index, name) in zip(fields, names) { properties[index] = name }
    let withDefaults = fields.filter { proto.field[$0].defaultValue != nil }
    defaults = Array(repeating: "", count: proto.field.count)
    let wishes = withDefaults.map { index in
      let name = SwiftName.lowerCamelCase(proto.field[index].name ?? "") + "OrDefault"
      return NameScope.Wish(name: name, alternative: name + "_\(proto.field[index].number ?? 0)") { _ in false }
    }
    for (index, name) in zip(withDefaults, scope.names(for: wishes)) { defaults[index] = name }
  }

  private mutating func nameTypes(
    of proto: MessageProto,
    _ isHidden: @escaping (String) -> Bool,
    in scope: inout NameScope
  ) {
    let messages = proto.nestedType.filter { !$0.isMapEntry }.map { $0.name ?? "" }
    let enums = proto.enumType.map { $0.name ?? "" }
    let entries = proto.nestedType.filter(\.isMapEntry).map { $0.name ?? "" }
    let wishes =
      messages.map { SwiftIdentifier.type($0, suffix: "Message", isHidden) }
      + enums.map { SwiftIdentifier.type($0, suffix: "Enum", isHidden) }
      + proto.oneofDecl.map {
        SwiftIdentifier.type("OneOf_" + SwiftName.upperCamelCase($0.name ?? ""), suffix: "_", isHidden)
      }
      + entries.map {
        SwiftIdentifier.type(($0.first?.isNumber == true ? "_" : "") + $0 + "Layout", suffix: "_", isHidden)
      }
    let names = scope.names(for: wishes)
    types = Dictionary(
      zip(messages + enums, names).map { ($0, $1) } + zip(entries, names.suffix(entries.count)).map { ($0, $1) },
      uniquingKeysWith: { first, _ in first }
    )
    oneOfTypes = Array(names.dropFirst(messages.count + enums.count).prefix(proto.oneofDecl.count))
  }

  private mutating func nameCases(of proto: MessageProto) {
    cases = Array(repeating: "", count: proto.field.count)
    for oneOf in proto.oneofDecl.indices {
      let fields = proto.field.indices.filter { proto.field[$0].oneofIndex == Int32(oneOf) }
      var scope = NameScope()
      let wishes = fields.map { index in
        let name = SwiftName.lowerCamelCase(proto.field[index].name ?? "")
        let isReserved = SwiftIdentifier.membersOfEnums.contains
        return NameScope.Wish(
          name: name,
          alternative: name + (isReserved(name) ? "_" : "_\(proto.field[index].number ?? 0)"),
          isReserved: isReserved
        )
      }
      for (index, name) in zip(fields, scope.names(for: wishes)) { cases[index] = name }
    }
  }
}

extension FieldProto {
  /// Whether the field is a property that holds one message.
  fileprivate var isSingleMessage: Bool { (type == .message || type == .group) && label != .repeated && !isInOneOf }
}
