import ProtobufCWellKnownTypes

/// Writes the Swift file with the messages and enums of a `.proto` file.
struct MessageFileWriter {
  let schema: Schema
  let options: GeneratorOptions

  func text(of file: SchemaFile) throws(GeneratorError) -> String {
    var text = SourceText()
    FileHeader.write(for: file, to: &text)
    let messages = try file.proto.messageType.map { ($0.name ?? "") }.map(file.fullName).map(schema.message)
    let enums = try file.proto.enumType.map { ($0.name ?? "") }.map(file.fullName).map(schema.enumeration)
    let extensions = schema.extensions(of: file)
    try imports(of: file, messages, extensions).write(options.visibility, to: &text)
    try PublicImports(schema: schema, options: options).write(of: file, to: &text)
    for enumeration in enums {
      EnumWriter(options: options).write(enumeration, to: &text)
    }
    for message in messages {
      try MessageWriter(schema: schema, options: options).write(message, to: &text)
    }
    for message in messages {
      try LayoutWriter(schema: schema, options: options).write(message, to: &text)
    }
    for model in extensions {
      try ExtensionWriter(schema: schema, options: options).write(model, of: file, to: &text)
    }
    try FileDescriptorWriter(schema: schema, options: options).write(file, to: &text)
    return text.text
  }

  private func imports(
    of file: SchemaFile,
    _ messages: [MessageModel],
    _ extensions: [ExtensionModel]
  ) throws(GeneratorError) -> ImportList {
    var imports = ImportList()
    imports.addVisible("ProtobufC")
    if !messages.isEmpty, let module = file.cModule { imports.addVisible(module) }
    for dependency in file.proto.dependency {
      if let module = try schema.file(dependency).module { imports.add(module) }
    }
    for message in messages { try add(message, to: &imports) }
    for model in extensions {
      if let module = model.extendee.file.module { imports.addVisible(module) }
      try add(model.field, isInLayout: false, to: &imports)
    }
    return imports
  }

  private func add(_ message: MessageModel, to imports: inout ImportList) throws(GeneratorError) {
    for field in try schema.fields(of: message) { try add(field, isInLayout: true, to: &imports) }
    for name in message.nestedMessages + message.mapEntries {
      try add(try schema.message(name), to: &imports)
    }
  }
  private func add(_ field: FieldModel, isInLayout: Bool, to imports: inout ImportList) throws(GeneratorError) {
    switch field.type {
    case .message(let name):
      guard let module = try schema.message(name).file.module else { return }
      if isInLayout { imports.addMessages(module) } else { imports.addVisible(module) }
    case .enumeration(let name):
      if let module = try schema.enumeration(name).file.module { imports.addVisible(module) }
    case .bytes:
      if options.bytes == .data { imports.addVisible("Foundation") }
    case .number, .bool, .string: break
    }
  }
}
