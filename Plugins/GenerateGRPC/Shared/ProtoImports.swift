import Foundation

/// The files that a target's `.proto` files import, directly and through others.
struct ProtoImports {
  private let target: GenerationTarget

  /// The files that were found, generated ones included, where they are.
  private(set) var files: [String: URL] = [:]

  /// By file, the files whose types its code may refer to.
  private var imports: [(file: String, imported: String)] = []

  init(of target: GenerationTarget) {
    self.target = target
    var open = target.files
    while let name = open.popLast() {
      guard files[name] == nil, let file = target.locate(name) else { continue }
      files[name] = file
      let text = String(decoding: FileManager.default.contents(atPath: file.path) ?? Data(), as: UTF8.self)
      for (imported, isOption) in Self.imports(in: text) {
        if !isOption { imports.append((name, imported)) }
        open.append(imported)
      }
    }
  }

  /// Fails if a generated file imports one for which no code is generated.
  ///
  /// The generated C and Swift of a file refer to those of each file that it imports, except by `import option`.
  func check(against targets: [GenerationTarget]) throws {
    let generated = Set(target.files)
    for (file, imported) in imports where generated.contains(file) && !generated.contains(imported) {
      guard !Self.comesWithProtobuf(imported), target.locate(imported) != nil || Self.isInstalled(imported),
        !(target.options.moduleMappings ?? [:]).keys.contains(where: imported.hasPrefix)
      else { continue }
      let options = GenerationOptions.fileName
      if let other = targets.first(where: { $0.files.contains(imported) }) {
        throw GenerationError(
          "\(file) of the target \(target.name) imports \(imported), which the target \(other.name) generates: add to "
            + "\(options) \"moduleMappings\": { \"\(imported)\": \"\(other.name), \(other.cModule)\" }"
        )
      }
      throw GenerationError(
        "\(file) of the target \(target.name) imports \(imported), for which no code is generated: list it under "
          + "\"files\" in \(options), or name the modules that have its code under \"moduleMappings\""
      )
    }
  }

  /// Whether a file, as protoc names it, says which edition it is of.
  static func hasEdition(_ file: String, of target: GenerationTarget) -> Bool {
    guard let url = target.locate(file), let text = FileManager.default.contents(atPath: url.path) else { return false }
    return String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline).contains { line in
      line.filter { !$0.isWhitespace }.hasPrefix("edition=")
    }
  }

  private static func comesWithProtobuf(_ file: String) -> Bool {
    file.hasPrefix("google/protobuf/") && !file.dropFirst("google/protobuf/".count).contains("/")
  }

  /// Whether protoc finds a file beside protobuf's own.
  private static func isInstalled(_ file: String) -> Bool {
    FileManager.default.fileExists(atPath: "/usr/include/\(file)")
  }

  /// The files that a `.proto` file imports, and whether it imports them for their options only, by `import option`.
  static func imports(in text: String) -> [(file: String, isOption: Bool)] {
    let modifiers: Set<Substring> = ["public", "weak", "option"]
    var imports: [(file: String, isOption: Bool)] = []
    var words: [Substring] = []
    var rest = Substring(text)
    while let first = rest.first {
      if rest.hasPrefix("//") {
        rest = rest.drop { !$0.isNewline }
      } else if rest.hasPrefix("/*") {
        rest = rest.dropFirst(2)
        while !rest.isEmpty, !rest.hasPrefix("*/") { rest = rest.dropFirst() }
        rest = rest.dropFirst(2)
      } else if first == "\"" || first == "'" {
        let content = rest.dropFirst().prefix { $0 != first && !$0.isNewline }
        rest = rest.dropFirst().dropFirst(content.count).dropFirst()
        if words.first == "import", words.dropFirst().allSatisfy(modifiers.contains) {
          imports.append((String(content), words.contains("option")))
        }
        words.append("")
      } else if first.isLetter {
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        words.append(word)
        rest = rest.dropFirst(word.count)
      } else {
        if first == ";" || first == "{" || first == "}" { words = [] }
        rest = rest.dropFirst()
      }
    }
    return imports
  }
}
