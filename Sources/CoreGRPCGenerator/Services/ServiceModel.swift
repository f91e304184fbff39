import ProtobufCWellKnownTypes

/// A service, with its names in Swift.
struct ServiceModel {
  let fullName: String
  let swiftName: String
  let documentation: String
  let isDeprecated: Bool
  let methods: [MethodModel]

  init(_ proto: ServiceProto, index: Int, in file: SchemaFile, schema: Schema) throws(GeneratorError) {
    let path: [Int32] = [6, Int32(index)]
    fullName = file.fullName(proto.name ?? "")
    swiftName = SwiftIdentifier.message(file.prefix + (proto.name ?? ""))
    documentation = file.locations.comment(of: path) ?? "The service `\(fullName)`."
    isDeprecated = proto.options?.deprecated == true
    var methods: [MethodModel] = []
    for (index, method) in proto.method.enumerated() {
      methods.append(try MethodModel(method, path: path + [2, Int32(index)], in: file, schema: schema))
    }
    self.methods = methods
  }
}
