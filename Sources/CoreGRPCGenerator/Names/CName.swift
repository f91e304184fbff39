import ProtobufCWellKnownTypes

/// The names that protoc-gen-c gives to the C of a message.
enum CName {
  /// The struct of a message.
  static func type(_ fullName: String) -> String {
    fullName.split(separator: ".").map { camelCase($0) }.joined(separator: "__")
  }

  /// What the names of a message's functions begin with.
  static func function(_ fullName: String) -> String {
    fullName.split(separator: ".").map { snakeCase($0) }.joined(separator: "__")
  }

  /// The member for a field.
  static func member(_ fieldName: String) -> String {
    let name = fieldName.lowercased()
    return keywords.contains(name) ? name + "_" : name
  }

  /// The member that says which field of a one-of is set.
  static func caseMember(_ oneOfName: String) -> String {
    snakeCase(oneOfName[...]) + "_case"
  }

  /// The first member of most structs.
  static let usualBaseMember = "base"

  /// The first member of a message's struct: one that no field has.
  static func baseMember(besides fields: [FieldProto]) -> String {
    fields.contains { member($0.name ?? "") == usualBaseMember } ? "protobuf_c_base" : usualBaseMember
  }

  private static func camelCase(_ name: Substring) -> String {
    name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private static func snakeCase(_ name: Substring) -> String {
    var result = ""
    var lastWasCapital = true
    for character in name {
      if character.isUppercase, !lastWasCapital { result.append("_") }
      result.append(contentsOf: character.lowercased())
      lastWasCapital = character.isUppercase
    }
    return result
  }

  /// C++'s keywords, to which protoc-gen-c adds an underscore.
  private static let keywords: Set<String> = [
    "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char", "class", "compl",
    "const", "const_cast", "continue", "default", "delete", "do", "double", "dynamic_cast", "else", "enum", "explicit",
    "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable", "namespace", "new",
    "not", "not_eq", "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast",
    "return", "short", "signed", "sizeof", "static", "static_cast", "struct", "switch", "template", "this", "throw",
    "true", "try", "typedef", "typeid", "typename", "union", "unsigned", "using", "virtual", "void", "volatile",
    "wchar_t", "while", "xor", "xor_eq",
  ]
}
