/// The rule by which the names of Swift files follow from the path of the `.proto` file.
enum FileNaming: String, CaseIterable {
  case fullPath = "FullPath"
  case pathToUnderscores = "PathToUnderscores"
  case dropPath = "DropPath"

  /// The name for a path that has lost its `.proto`.
  func name(for path: String) -> String {
    switch self {
    case .fullPath: path
    case .pathToUnderscores: path.split(separator: "/").joined(separator: "_")
    case .dropPath: path.split(separator: "/").last.map(String.init) ?? path
    }
  }
}
