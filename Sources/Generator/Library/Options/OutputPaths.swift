/// The paths of the generated files.
struct OutputPaths {
  let options: GeneratorOptions

  /// The place of a Swift file.
  func swift(_ file: SchemaFile, suffix: String) -> String {
    let name = "\(options.fileNaming.name(for: file.stem)).\(suffix).swift"
    guard options.layout == .targets, let module = options.swiftModule else { return name }
    return "\(module)/\(name)"
  }

  /// A file of protoc-gen-c in its place: headers go where C targets have those that others include.
  func c(_ file: GeneratedFile) -> GeneratedFile {
    var file = file
    switch options.layout {
    case .flat: return file
    case .targets: file.name = "\(options.cModule.map { "\($0)/" } ?? "")\(place(file))"
    case .buildPlugin: file.name = place(file)
    }
    return file
  }

  private func place(_ file: GeneratedFile) -> String {
    file.name.hasSuffix(".h") ? "include/\(file.name)" : file.name
  }
}
