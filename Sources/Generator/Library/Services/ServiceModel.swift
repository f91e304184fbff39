import ProtobufCWellKnownTypes

/// A service, with its names in Swift.
struct ServiceModel {
  let fullName: String
  let swiftName: String
  let documentation: String
  let isDeprecated: Bool
  let file: SchemaFile
  let methods: [MethodModel]

  init(_ proto: ServiceProto, index: Int, in file: SchemaFile, schema: Schema) throws(GeneratorError) {
    let path: [Int32] = [6, Int32(index)]
    self.file = file
    fullName = file.fullName(proto.name ?? "")
    swiftName = schema.swiftName(of: fullName)
    documentation = file.locations.comment(of: path) ?? "The service `\(fullName)`."
    isDeprecated = proto.options?.deprecated == true
    let names = proto.method.map { $0.name ?? "" }
    var functions = NameScope()
    let functionNames = functions.names(for: names.map { SwiftIdentifier.function(SwiftName.method($0)) })
    let namedTypes = try Self.namedTypes(of: proto, schema).union([swiftName])
    var types = NameScope()
    let typeNames = types.names(
      for: names.map { name in
        SwiftIdentifier.type(name.prefix(1).uppercased() + name.dropFirst(), suffix: "Method", namedTypes.contains)
      }
    )
    var methods: [MethodModel] = []
    for (index, method) in proto.method.enumerated() {
      methods.append(
        try MethodModel(
          method,
          functionName: SwiftIdentifier.escaped(functionNames[index]),
          typeName: typeNames[index],
          path: path + [2, Int32(index)],
          in: file,
          schema: schema
        )
      )
    }
    self.methods = methods
  }

  /// The beginnings of the names of the requests' and the responses' types: a method's type of such a name would hide
  /// them.
  private static func namedTypes(of proto: ServiceProto, _ schema: Schema) throws(GeneratorError) -> Set<String> {
    var names: Set<String> = []
    for type in proto.method.flatMap({ [$0.inputType, $0.outputType] }) {
      let message = try schema.message(String((type ?? "").drop { $0 == "." }))
      names.insert(String(message.swiftName.prefix { $0 != "." }))
    }
    return names
  }
}
