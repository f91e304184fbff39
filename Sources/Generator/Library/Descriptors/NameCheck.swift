import ProtobufCWellKnownTypes

/// Finds names that neither Swift nor C can have, or that two files have.
struct NameCheck {
  let schema: Schema
  let options: GeneratorOptions

  func check() throws(GeneratorError) {
    let paths = OutputPaths(options: options)
    var names: [String: String] = [:]
    for file in schema.files where file.isGenerated {
      try checkPath(of: file)
      try checkPrefix(of: file)
      let name = paths.swift(file, suffix: "pb")
      if let other = names.updateValue(file.name, forKey: name) {
        throw GeneratorError(
          "the Swift of \(other) and of \(file.name) would both be \(name): choose another FileNaming",
          at: Position(file: file.name)
        )
      }
    }
  }

  /// Checks that C can include the file's header, and say in a comment whose it is.
  private func checkPath(of file: SchemaFile) throws(GeneratorError) {
    let wrong = file.name.unicodeScalars.first { $0 == "\"" || $0 == "\\" || $0.properties.generalCategory == .control }
    guard wrong != nil || file.name.contains("*/") else { return }
    throw GeneratorError(
      "the path of a .proto file cannot have quotation marks, backslashes, control characters or */: C includes its header",
      at: Position(file: file.name)
    )
  }

  private func checkPrefix(of file: SchemaFile) throws(GeneratorError) {
    guard let prefix = file.proto.options?.swiftPrefix, !prefix.isEmpty, !prefix.isModuleName else { return }
    throw GeneratorError(
      "no type can have a name that begins with “\(prefix)”, the option swift_prefix",
      at: file.locations.position(of: [8, 39])
    )
  }
}
