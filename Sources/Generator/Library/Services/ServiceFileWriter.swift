import ProtobufCWellKnownTypes

/// Writes the Swift file with the services of a `.proto` file.
struct ServiceFileWriter {
  let schema: Schema
  let options: GeneratorOptions

  /// Returns the text of a file, which has no declarations if there are no services, or none is to be generated.
  func text(of file: SchemaFile) throws(GeneratorError) -> String {
    var services: [ServiceModel] = []
    for (index, proto) in file.proto.service.enumerated() {
      services.append(try ServiceModel(proto, index: index, in: file, schema: schema))
    }
    var text = SourceText()
    FileHeader.write(for: file, to: &text)
    guard !services.isEmpty, options.generatesServer || options.generatesClient else { return text.text }
    imports(of: services).write(options.visibility, to: &text)
    let access = options.visibility.modifier
    for service in services {
      ServiceWriter(access: access, service: service).write(to: &text)
      if options.generatesServer { ServerWriter(access: access, service: service).write(to: &text) }
      if options.generatesClient { ClientWriter(access: access, service: service).write(to: &text) }
    }
    return text.text
  }

  private func imports(of services: [ServiceModel]) -> ImportList {
    var imports = ImportList()
    imports.addVisible("CoreGRPC")
    imports.add("CoreGRPCProtobuf")
    if options.generatesServer {
      for module in ["CoreGRPCProtobuf", "ProtobufC"] { imports.addVisible(module) }
    }
    for method in services.flatMap(\.methods) {
      for message in [method.input, method.output] {
        if let module = message.file.module { imports.addVisible(module) }
      }
    }
    return imports
  }
}
