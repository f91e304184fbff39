/// How Swift's own words, and those of generated code, are kept out of the way.
enum SwiftIdentifier {
  /// A property's name.
  static func property(_ name: String) -> String {
    membersOfMessages.contains(name) ? name + "_p" : escaped(name)
  }

  /// The name of an enum's case.
  static func enumCase(_ name: String) -> String {
    membersOfEnums.contains(name) ? name + "_" : escaped(name)
  }

  /// A function's name.
  static func function(_ name: String) -> String {
    ["init", "self", "registerMethods", "channel"].contains(name) ? name + "_" : escaped(name)
  }

  /// A message's name: the last part of a nested one.
  static func message(_ name: String) -> String {
    typeNames.contains(name) || keywords.contains(name) ? name + "Message" : name
  }

  /// An enum's name: the last part of a nested one.
  static func enumeration(_ name: String) -> String {
    typeNames.contains(name) || keywords.contains(name) ? name + "Enum" : name
  }

  /// The member of a C struct, in an expression.
  static func cMember(_ name: String) -> String {
    ["init", "self"].contains(name) ? "`\(name)`" : name
  }

  private static func escaped(_ name: String) -> String {
    keywords.contains(name) ? "`\(name)`" : name
  }

  /// What every generated message has, or what cannot be a member even in backticks.
  private static let membersOfMessages: Set<String> = [
    "debugDescription", "description", "dynamicType", "hashValue", "init", "protoMessageName", "self", "serialize",
    "serializedBytes", "unknownFields", "with",
  ]

  /// What every generated enumeration has, or what cannot be a case even in backticks.
  private static let membersOfEnums: Set<String> = [
    "allCases", "debugDescription", "description", "hashValue", "init", "rawValue", "self", "none", "some",
    "unrecognized",
  ]

  /// The types that generated code names, and so cannot have a namesake inside a message.
  private static let typeNames: Set<String> = [
    "Any", "AnyObject", "Array", "Bool", "CallOptions", "Channel", "Client", "ClientRequest", "ClientResponse", "Data",
    "DecodingError", "DecodingLimits", "Dictionary", "Double", "Enumeration", "Error", "FileDescriptor", "Float",
    "Hashable", "Indirect", "Int", "Int32", "Int64", "Layout", "Message", "MessageDecoder", "MessageEncoder",
    "MessageLayout", "MessageSchema", "Metadata", "Method", "MethodDescriptor", "Never", "Optional", "OutputRawSpan",
    "ProtobufC", "Protocol", "RPCAsyncSequence", "RPCError", "RPCRouter", "RPCWriter", "RawSpan",
    "RegistrableRPCService", "Result", "Self", "Sendable", "SerializedBytes", "ServerContext", "ServerRequest",
    "ServerResponse", "ServiceDescriptor", "Set", "StreamingClientRequest", "StreamingClientResponse",
    "StreamingServerRequest", "StreamingServerResponse", "String", "Swift", "Type", "UInt", "UInt32", "UInt64", "UInt8",
    "UnknownFields", "Void",
  ]

  private static let keywords: Set<String> = [
    "Any", "Protocol", "Self", "Type", "_", "actor", "as", "associatedtype", "async", "await", "borrowing", "break",
    "case",
    "catch", "class", "consuming", "continue", "default", "defer", "deinit", "do", "else", "enum", "extension",
    "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "indirect", "init", "inout",
    "internal", "is", "let", "macro", "nil", "nonisolated", "open", "operator", "package", "precedencegroup", "private",
    "protocol", "public", "repeat", "rethrows", "return", "self", "sending", "static", "struct", "subscript", "super",
    "switch", "throw", "throws", "true", "try", "typealias", "var", "where", "while",
  ]
}
