/// How names of protobuf are spelled in Swift: as swift-protobuf spells them.
enum SwiftName {
  /// The words that stay in capitals inside a name.
  private static let abbreviations: Set<String> = ["http", "https", "id", "url"]

  /// A name in lowerCamelCase.
  static func lowerCamelCase(_ name: String) -> String {
    let words = words(of: name)
    guard let first = words.first else { return name }
    return first + words.dropFirst().map(capitalized).joined()
  }

  /// A name in UpperCamelCase.
  static func upperCamelCase(_ name: String) -> String {
    words(of: name).map(capitalized).joined()
  }

  /// What stands before the names of a package's types, such as `Google_Protobuf_`.
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
    return prefix.isEmpty ? "" : prefix + "_"
  }

  /// A method's name in lowerCamelCase, with the capitals inside it as they are.
  static func method(_ name: String) -> String {
    let name =
      name.contains("_") ? name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() : name
    let capitals = name.prefix(while: \.isUppercase)
    // The last of several capitals begins the next word: HTTPGet is httpGet.
    let lowered = capitals.count <= 1 || capitals.count == name.count ? capitals.count : capitals.count - 1
    return name.prefix(lowered).lowercased() + name.dropFirst(lowered)
  }

  /// The words of a name, in lower case: they end at an underscore, at a change between letters and digits and before a
  /// capital that follows a small letter.
  private static func words(of name: String) -> [String] {
    var words: [String] = []
    var word = ""
    var last: Character?
    for character in name {
      if character == "_" {
        // Underscores at the start and doubled ones are kept, as there may be another name without.
        if last == nil || last == "_" { word.append("_") }
        if last != "_", !word.isEmpty {
          words.append(word)
          word = ""
        }
      } else {
        if let previous = last, previous != "_", startsWord(character, after: previous) {
          words.append(word)
          word = ""
        } else if last == "_", word.allSatisfy({ $0 == "_" }), !word.isEmpty {
          words.append(word)
          word = ""
        }
        word.append(contentsOf: character.lowercased())
      }
      last = character
    }
    if !word.isEmpty { words.append(word) }
    if last == "_", words.last?.hasSuffix("_") != true { words.append("_") }
    return words
  }

  private static func startsWord(_ character: Character, after previous: Character) -> Bool {
    if character.isNumber != previous.isNumber { return true }
    return character.isUppercase && previous.isLowercase
  }

  private static func capitalized(_ word: String) -> String {
    abbreviations.contains(word) ? word.uppercased() : word.prefix(1).uppercased() + word.dropFirst()
  }
}
