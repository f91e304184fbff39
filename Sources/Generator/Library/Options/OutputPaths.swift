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
    guard options.layout == .targets, let module = options.cModule else { return file }
    var file = file
    file.name = file.name.hasSuffix(".h") ? "\(module)/include/\(file.name)" : "\(module)/\(file.name)"
    return file
  }
}
