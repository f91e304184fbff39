/// The spelling of protobuf's names in Swift, which is that of swift-protobuf.
enum SwiftName {
  /// The words that stay in capitals inside a name.
  private static let abbreviations: Set<String> = ["http", "https", "id", "url"]

  /// A name in lowerCamelCase.
  static func lowerCamelCase(_ name: String) -> String {
    let words = words(of: name)
    let start = words.firstIndex { $0.contains { $0 != "_" } } ?? words.endIndex
    return words.prefix(start + 1).joined() + words.dropFirst(start + 1).map(capitalized).joined()
  }

  /// A name in UpperCamelCase.
  static func upperCamelCase(_ name: String) -> String {
    words(of: name).map(capitalized).joined()
  }

  /// Returns the prefix of the names of a package's types, such as `Google_Protobuf_`.
  static func prefix(ofPackage package: String) -> String {
    var prefix = ""
    var isStart = true
    for character in package {
      switch character {
      case "_":
        isStart = true
      case ".":
        prefix.append("_")
        isStart = true
      default:
        prefix.append(contentsOf: isStart ? character.uppercased() : String(character))
        isStart = false
      }
    }
    if prefix.first?.isNumber == true { prefix = "_" + prefix }
    return prefix.isEmpty ? "" : prefix + "_"
  }

  /// A method's name in lowerCamelCase, with the capitals inside it as they are.
  static func method(_ name: String) -> String {
    let name =
      name.contains("_") ? name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() : name
    guard name.first?.isLetter == true else { return "_" + name }
    let capitals = name.prefix(while: \.isUppercase)
    // The last of several capitals begins the next word: HTTPGet is httpGet.
    let lowered = capitals.count <= 1 || capitals.count == name.count ? capitals.count : capitals.count - 1
    return name.prefix(lowered).lowercased() + name.dropFirst(lowered)
  }

  /// The words of a name, in lower case: they end at an underscore, at a change between letters and digits and before a
  /// capital that follows a small letter.
  private static func words(of name: String) -> [String] {
    var words: [String] = []
    var rest = name[...]
    while !rest.isEmpty {
      let underscores = rest.prefix { $0 == "_" }
      rest = rest[underscores.endIndex...]
      // One underscore between words only parts them. More, and those at either end, are kept: there may be another
      // name without.
      let kept = words.isEmpty || rest.isEmpty ? underscores.count : underscores.count - 1
      if kept > 0 { words.append(String(repeating: "_", count: kept)) }
      let word = firstWord(of: rest)
      rest = rest[word.endIndex...]
      if !word.isEmpty { words.append(word.lowercased()) }
    }
    return words
  }

  private static func firstWord(of text: Substring) -> Substring {
    let digits = text.prefix(while: \.isNumber)
    guard digits.isEmpty else { return digits }
    let capitals = text.prefix(while: \.isUppercase)
    let small = text[capitals.endIndex...].prefix { !$0.isUppercase && !$0.isNumber && $0 != "_" }
    return text[..<small.endIndex]
  }

  private static func capitalized(_ word: String) -> String {
    abbreviations.contains(word) ? word.uppercased() : word.prefix(1).uppercased() + word.dropFirst()
  }
}
