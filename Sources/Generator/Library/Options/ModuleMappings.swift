/// The modules that have the code of `.proto` files, from the file that the option `ModuleMappings` names.
///
/// A line is `path = SwiftModule, CModule`, or without the C module; the path is that of a file, or the beginning of
/// the paths of several. The longest path that fits counts. Empty lines and what follows a `#` are left out.
struct ModuleMappings {
  struct Modules {
    var swift: String
    var c: String?
  }

  private var entries: [(path: String, modules: Modules)] = []

  init() {}

  /// Reads the mappings.
  ///
  /// - Parameters:
  ///   - text: The content of the file.
  ///   - file: Its name, for errors.
  init(_ text: String, file: String) throws(GeneratorError) {
    for (index, line) in text.everyLine.enumerated() {
      let content = line.prefix { $0 != "#" }.trimmed
      guard !content.isEmpty else { continue }
      let position = Position(file: file, line: index + 1)
      let sides = content.split(separator: "=", omittingEmptySubsequences: false).map(\.trimmed)
      guard sides.count == 2, !sides[0].isEmpty else {
        throw GeneratorError("a line has the form: path = SwiftModule, CModule", at: position)
      }
      let modules = sides[1].split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
      guard (1...2).contains(modules.count), modules.allSatisfy(\.isModuleName) else {
        throw GeneratorError("“\(sides[1])” is neither “SwiftModule” nor “SwiftModule, CModule”", at: position)
      }
      entries.append((sides[0], Modules(swift: modules[0], c: modules.dropFirst().first)))
    }
  }

  /// The modules of a file, or nil if nothing is said about it.
  func modules(ofFile name: String) -> Modules? {
    entries.filter { name.hasPrefix($0.path) }.max { $0.path.count < $1.path.count }?.modules
  }
}

extension StringProtocol {
  fileprivate var trimmed: String {
    String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
  }
}

extension String {
  /// Whether this can be the name of a module.
  var isModuleName: Bool {
    guard let first, first.isLetter || first == "_" else { return false }
    return allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
  }
}
