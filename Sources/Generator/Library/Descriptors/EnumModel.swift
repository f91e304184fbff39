import ProtobufCWellKnownTypes

/// An enum, with its names in Swift.
struct EnumModel {
  /// A value that has a case, or one that is another name of it.
  struct Value {
    let name: String
    let number: Int32
    let path: [Int32]

    /// The case that this is another name of, or nil for a case.
    let aliasOf: String?

    /// Whether another value has been given the same name for the same number.
    let isRepeated: Bool
  }

  let proto: EnumProto
  let file: SchemaFile
  let path: [Int32]
  let fullName: String
  let swiftName: String
  let simpleName: String
  let values: [Value]

  init(_ proto: EnumProto, in file: SchemaFile, path: [Int32], fullName: String, swiftName: String, simpleName: String)
  {
    self.proto = proto
    self.file = file
    self.path = path
    self.fullName = fullName
    self.swiftName = swiftName
    self.simpleName = simpleName
    let names = EnumCaseNames.names(
      of: proto.value.map { (name: $0.name ?? "", number: $0.number ?? 0) },
      in: proto.name ?? ""
    )
    var cases: [Int32: String] = [:]
    var seen: Set<NamedNumber> = []
    values = zip(proto.value, names).enumerated().map { index, element in
      let (value, name) = element
      let number = value.number ?? 0
      let escaped = SwiftIdentifier.escaped(name)
      defer { if cases[number] == nil { cases[number] = escaped } }
      return Value(
        name: escaped,
        number: number,
        path: path + [2, Int32(index)],
        aliasOf: cases[number],
        isRepeated: !seen.insert(NamedNumber(name: escaped, number: number)).inserted
      )
    }
  }

  var position: Position { file.locations.position(of: path) }

  /// The cases, without the other names that some have.
  var cases: [Value] { values.filter { $0.aliasOf == nil } }

  /// The other names of cases.
  var aliases: [Value] { values.filter { $0.aliasOf != nil && !$0.isRepeated } }
}

private struct NamedNumber: Hashable {
  let name: String
  let number: Int32
}
