extension Metadata {
  /// Checks that gRPC can send every entry.
  ///
  /// C-core logs what it refuses, values included, and a refused batch is the end of its call: so nothing illegal may
  /// reach it. The error names the key and never the value.
  ///
  /// - Throws: ``RPCError/Code/invalidArgument``.
  func validate() throws(RPCError) {
    guard !isEmpty else { return }
    for (key, value) in self {
      if let problem = Self.problem(withKey: key) ?? Self.problem(withKey: key, value: value) {
        throw RPCError(code: .invalidArgument, message: "metadata key \(key.debugDescription): \(problem)")
      }
    }
  }

  private static func problem(withKey key: String) -> String? {
    if key.isEmpty { return "a key must not be empty" }
    if !key.utf8.allSatisfy(isLegalInKey) { return "a key may have the characters 0-9, a-z, '-', '_' and '.' only" }
    if key.hasPrefix("grpc-") && key != "grpc-status-details-bin" { return "keys that begin with grpc- are reserved" }
    return nil
  }

  private static func problem(withKey key: String, value: Value) -> String? {
    switch value {
    case .binary where !key.hasSuffix("-bin"):
      "a value of bytes needs a key that ends in -bin"
    case .string where key.hasSuffix("-bin"):
      "a key that ends in -bin needs a value of bytes"
    case .string(let text) where !text.utf8.allSatisfy(isLegalInText):
      "a text value may have printable ASCII characters only; use a key that ends in -bin"
    case .string, .binary:
      nil
    }
  }

  private static func isLegalInKey(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
    default: false
    }
  }

  private static func isLegalInText(_ byte: UInt8) -> Bool { (0x20...0x7E).contains(byte) }
}
