import ProtobufCWellKnownTypes

/// The order in which files get their names: those that a file imports before it, and otherwise by their paths.
///
/// It does not depend on the order in which the compiler was given the files.
struct FileOrder {
  private let files: [String: SchemaFile]
  private var visited: Set<String> = []
  private(set) var ordered: [SchemaFile] = []

  init(_ files: [SchemaFile]) {
    self.files = Dictionary(files.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    for name in self.files.keys.sorted() { visit(name) }
  }

  /// Whether one file imports another, or a file that does.
  func imports(_ name: String, _ other: String) -> Bool {
    var seen: Set<String> = []
    var rest = [name]
    while let next = rest.popLast() {
      for dependency in files[next]?.proto.dependency ?? [] where seen.insert(dependency).inserted {
        if dependency == other { return true }
        rest.append(dependency)
      }
    }
    return false
  }

  private mutating func visit(_ name: String) {
    guard visited.insert(name).inserted, let file = files[name] else { return }
    for dependency in file.proto.dependency.sorted() { visit(dependency) }
    ordered.append(file)
  }
}
