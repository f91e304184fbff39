/// The names that files have declared, each with its files.
struct NameOwners {
  private let order: FileOrder
  private var owners: [String: [SchemaFile]] = [:]

  init(_ order: FileOrder) {
    self.order = order
  }

  /// Whether a file in the same module has declared a name, or one that the file imports.
  func isTaken(_ name: String, for file: SchemaFile) -> Bool {
    owners[name]?.contains { $0.module == file.module || order.imports(file.name, $0.name) } == true
  }

  mutating func add(_ name: String, of file: SchemaFile) { owners[name, default: []].append(file) }
}
