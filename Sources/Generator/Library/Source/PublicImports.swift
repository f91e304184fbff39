import ProtobufCWellKnownTypes

/// Hands on what a file imports by `import public`: a program that imports the file's module sees those types, too.
///
/// Only types of other modules are handed on, and only if generated types are public: others see them anyway.
struct PublicImports {
  let schema: Schema
  let options: GeneratorOptions

  func write(of file: SchemaFile, to text: inout SourceText) throws(GeneratorError) {
    guard options.visibility == .public else { return }
    let files = try publicFiles(of: file).filter { $0.module != nil }
    guard !files.isEmpty else { return }
    text.blank()
    text.add("// What the file imports by `import public`.")
    for file in files {
      for declaration in try declarations(of: file) {
        text.add("@_exported public import \(declaration.kind) \(file.module ?? "").\(declaration.name)")
      }
    }
  }

  /// The files that a file imports publicly, and those that they import so.
  private func publicFiles(of file: SchemaFile) throws(GeneratorError) -> [SchemaFile] {
    var found: [SchemaFile] = []
    var rest = [file]
    while let next = rest.popLast() {
      for index in next.proto.publicDependency {
        let file = try schema.file(next.proto.dependency[Int(index)])
        guard !found.contains(where: { $0.name == file.name }) else { continue }
        found.append(file)
        rest.append(file)
      }
    }
    return found.sorted { $0.name < $1.name }
  }

  private func declarations(of file: SchemaFile) throws(GeneratorError) -> [(kind: String, name: String)] {
    var declarations: [(kind: String, name: String)] = []
    for proto in file.proto.messageType {
      declarations.append(("struct", try schema.message(file.fullName(proto.name ?? "")).swiftName))
    }
    for proto in file.proto.enumType {
      declarations.append(("enum", try schema.enumeration(file.fullName(proto.name ?? "")).swiftName))
    }
    for model in schema.extensions(of: file) { declarations.append(("let", model.constantName)) }
    declarations.append(("enum", file.descriptorName))
    return declarations
  }
}
