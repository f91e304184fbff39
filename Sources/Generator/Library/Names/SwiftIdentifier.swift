/// The words of Swift and of generated code that names must avoid.
enum SwiftIdentifier {
  /// The wish of a type, by the last part of its name.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - suffix: The end of the name that the type gets if it cannot have that one.
  ///   - isReserved: Whether it cannot have a name, apart from those that no type can have.
  static func type(_ name: String, suffix: String, _ isReserved: @escaping (String) -> Bool) -> NameScope.Wish {
    NameScope.Wish(name: name, alternative: name + suffix) {
      typeNames.contains($0) || keywords.contains($0) || isReserved($0)
    }
  }

  /// The wish of a function of a service.
  static func function(_ name: String) -> NameScope.Wish {
    NameScope.Wish(name: name, alternative: name + "_", isReserved: membersOfServices.contains)
  }

  /// The member of a C struct, in an expression.
  static func cMember(_ name: String) -> String {
    ["init", "self"].contains(name) ? "`\(name)`" : name
  }

  /// A name in backticks if it is a keyword.
  static func escaped(_ name: String) -> String {
    keywords.contains(name) ? "`\(name)`" : name
  }

  /// The members of every generated message, and the names that cannot be a member even in backticks.
  static let membersOfMessages: Set<String> = [
    "_", "_defaults", "_storage", "debugDescription", "description", "dynamicType", "hashValue", "init",
    "protoFileDescriptor", "protoMessageName", "self", "serialize", "serializedBytes", "unknownFields", "with",
  ]

  /// The members of every generated enumeration, and the names that cannot be a case even in backticks.
  static let membersOfEnums: Set<String> = [
    "_", "allCases", "debugDescription", "description", "hashValue", "init", "rawValue", "self", "none", "some",
    "unrecognized",
  ]

  /// The members of the protocols and clients of services.
  private static let membersOfServices: Set<String> = ["_", "channel", "init", "registerMethods", "self"]

  /// The names of generated code that a type at the top cannot have besides, because they would hide it: those of
  /// members, of parameters, of types inside others and of the associated types of protocols.
  static let namesInsideTypes: Set<String> = membersOfMessages.union([
    "CMessage", "Input", "Output", "Value", "bytes", "channel", "context", "debugDescription", "decode", "decoder",
    "element", "encode", "encoder", "field", "hash", "initialize", "jsonString", "jsonUTF8Bytes", "limits",
    "makeBuffer", "message", "metadata", "number", "onResponse", "options", "producer", "rawValue", "read", "request",
    "response", "router", "schema", "textFormatString", "value", "withStruct", "write", "writer",
  ])

  /// The types that generated code names, and so cannot have a namesake inside a message.
  private static let typeNames: Set<String> = [
    "Any", "AnyObject", "Array", "BinaryDecodingError", "Bool", "CallOptions", "Channel", "Client", "ClientProtocol",
    "ClientRequest", "ClientResponse", "Copyable", "CopyOnWrite", "Data", "DecodingLimits", "Dictionary", "Double",
    "Enumeration", "Error", "Float", "Hashable", "Indirect", "Int", "Int32", "Int64", "Layout", "Message",
    "MessageDecoder", "MessageEncoder", "MessageExtension", "MessageLayout", "MessageSchema", "Metadata", "Method",
    "MethodDescriptor", "Never", "Optional", "OutputRawSpan", "ProtoFileDescriptor", "ProtobufC",
    "ProtobufDeserializer", "ProtobufSerializer", "Protocol", "RPCAsyncSequence", "RPCError", "RPCRouter", "RPCWriter",
    "RawSpan", "RegistrableRPCService", "Result", "Self", "Sendable", "SerializedBytes", "ServerContext",
    "ServerRequest", "ServerResponse", "ServiceDescriptor", "ServiceProtocol", "Set", "SimpleServiceProtocol",
    "StreamingClientRequest", "StreamingClientResponse", "StreamingServerRequest", "StreamingServerResponse", "String",
    "Swift", "Type", "UInt", "UInt32", "UInt64", "UInt8", "UnknownFields", "Void", "_Fields",
  ]

  private static let keywords: Set<String> = [
    "Any", "Protocol", "Self", "Type", "_", "actor", "any", "as", "associatedtype", "async", "await", "borrowing",
    "break", "case", "catch", "class", "consume", "consuming", "continue", "copy", "default", "defer", "deinit",
    "discard", "do", "each", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard",
    "if", "import", "in", "indirect", "init", "inout", "internal", "is", "isolated", "let", "macro", "nil",
    "nonisolated", "open", "operator", "package", "precedencegroup", "private", "protocol", "public", "repeat",
    "rethrows", "return", "self", "sending", "some", "static", "struct", "subscript", "super", "switch", "throw",
    "throws", "true", "try", "typealias", "unsafe", "var", "where", "while", "yield",
  ]
}
