import ProtobufCWellKnownTypes

/// The names that protoc-gen-c gives to the C of a message.
enum CName {
  /// The struct of a message.
  static func type(_ fullName: String) -> String {
    fullName.split(separator: ".").map { camelCase($0) }.joined(separator: "__")
  }

  /// Returns the prefix of the names of a message's functions.
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

  /// The end of the constants for a one-of or a field in it.
  static func constant(_ name: String) -> String {
    snakeCase(name[...]).uppercased()
  }

  /// The first member of most structs.
  static let usualBaseMember = "base"

  /// Whether C or C++ has a name for something else, besides those to which protoc-gen-c adds an underscore.
  ///
  /// - Parameters:
  ///   - member: The name.
  ///   - isOwn: Whether it is that of the `.proto` file, without further underscores.
  static func isReserved(_ member: String, isOwn: Bool) -> Bool {
    // Compilers have keywords and macros that begin with two underscores; they end with two underscores or with none.
    if member.hasPrefix("__"), isOwn || member.hasSuffix("__") && !member.hasSuffix("___") { return true }
    return laterKeywords.contains(member) || macros.contains(member) || types.contains(member)
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

  /// Keywords that protoc-gen-c does not know: C's since C99 and C23, and C++'s since C++11.
  private static let laterKeywords: Set<String> = [
    "alignas", "alignof", "char16_t", "char32_t", "char8_t", "co_await", "co_return", "co_yield", "concept",
    "consteval", "constexpr", "constinit", "decltype", "export", "noexcept", "nullptr", "requires", "restrict",
    "static_assert", "thread_local", "typeof", "typeof_unqual",
  ]

  /// Macros in small letters: those that compilers define unless they are told to keep to the standard, and those of
  /// headers that a program may include before the generated one.
  private static let macros: Set<String> = [
    "complex", "d_fileno", "errno", "h_addr", "h_errno", "i386", "imaginary", "linux", "math_errhandling", "mips",
    "noreturn", "pixel", "s6_addr", "sa_handler", "sa_sigaction", "si_addr", "si_arch", "si_band", "si_fd", "si_int",
    "si_pid", "si_ptr", "si_status", "si_uid", "si_value", "signgam", "sparc", "st_atime", "st_ctime", "st_mtime",
    "stderr", "stdin", "stdout", "sun", "unix", "vector",
  ]

  /// The types that a struct of protoc-gen-c names: in C++, no member can have the name of one.
  private static let types: Set<String> = [
    "int32_t", "int64_t", "protobuf_c_boolean", "size_t", "uint32_t", "uint64_t", "uint8_t",
  ]
}
