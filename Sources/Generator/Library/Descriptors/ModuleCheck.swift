import ProtobufCWellKnownTypes

/// Finds out whether all C modules are known whose names the generated code has.
struct ModuleCheck {
  let schema: Schema
  let options: GeneratorOptions

  func check() throws(GeneratorError) {
    guard options.generatesC || options.generatesMessages else { return }
    for file in schema.files where file.isGenerated {
      if file.cModule == nil, options.generatesC || !file.proto.messageType.isEmpty {
        throw GeneratorError(
          "its C module is not known: name it by the option CModule, or in the file of the option ModuleMappings",
          at: Position(file: file.name)
        )
      }
      for message in try file.proto.messageType.map({ file.fullName($0.name ?? "") }).map(schema.message) {
        try check(message)
      }
    }
  }

  private func check(_ message: MessageModel) throws(GeneratorError) {
    for field in try schema.fields(of: message) {
      guard let file = try importedFile(of: field), file.cModule == nil else { continue }
      throw GeneratorError(
        "the C module of \(file.name) is not known: name it after the Swift module in the file of the option "
          + "ModuleMappings",
        at: message.file.locations.position(of: field.path)
      )
    }
    for nested in try (message.nestedMessages + message.mapEntries).map(schema.message) { try check(nested) }
  }

  private func importedFile(of field: FieldModel) throws(GeneratorError) -> SchemaFile? {
    switch field.type {
    case .message(let name): try schema.message(name).file
    case .enumeration(let name): try schema.enumeration(name).file
    case .number, .bool, .string, .bytes: nil
    }
  }
}
