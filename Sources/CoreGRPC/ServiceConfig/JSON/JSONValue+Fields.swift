/// Values of a service config, checked.
extension JSONValue {
  /// Returns a positive duration, in seconds with up to nine decimals.
  static func duration(_ duration: Duration, field: String) throws(RuntimeError) -> JSONValue {
    // The most that `google.protobuf.Duration` allows.
    guard duration >= .nanoseconds(1), duration <= .seconds(315_576_000_000) else {
      throw RuntimeError(invalid: field, "must be positive and at most ten thousand years")
    }
    let (seconds, attoseconds) = duration.components
    let nanoseconds = String(1_000_000_000 + attoseconds / 1_000_000_000).dropFirst()
    return .string("\(seconds).\(nanoseconds)s")
  }

  /// Returns a number that is not negative, and small enough for C-core.
  static func size(_ size: Int, field: String) throws(RuntimeError) -> JSONValue {
    guard (0...Int(Int32.max)).contains(size) else {
      throw RuntimeError(invalid: field, "must be between 0 and \(Int32.max)")
    }
    return .number(String(size))
  }

  /// Returns a percentage.
  static func percentage(_ percentage: Int, field: String) throws(RuntimeError) -> JSONValue {
    guard (0...100).contains(percentage) else { throw RuntimeError(invalid: field, "must be between 0 and 100") }
    return .number(String(percentage))
  }

  /// Returns a name that is not empty.
  static func name(_ name: String, field: String) throws(RuntimeError) -> JSONValue {
    guard !name.isEmpty else { throw RuntimeError(invalid: field, "must not be empty") }
    return .string(name)
  }
}

extension RuntimeError {
  /// Creates the error for a field of a service config.
  init(invalid field: String, _ problem: String) {
    self.init(code: .invalidArgument, message: "service config: \(field) \(problem)")
  }
}

/// Values of a service config, read.
extension JSONValue {
  var integer: Int? { if case .number(let text) = self { Int(text) } else { nil } }

  var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }
}
