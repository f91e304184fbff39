/// An outcome that a case does not expect.
struct Mismatch: Error, CustomStringConvertible {
  let description: String

  init(_ actual: String, expected: [String]) {
    description = "expected \(expected.joined(separator: " or ")), came: \(actual)"
  }

  init(_ description: String) { self.description = description }
}

/// Throws unless two values are equal.
func expect<Value: Equatable>(_ subject: String, _ actual: Value, is expected: Value) throws {
  guard actual != expected else { return }
  func short(_ value: Value) -> String {
    let text = String(reflecting: value)
    return text.count <= 200 ? text : "\(text.prefix(200))... (\(text.count) characters)"
  }
  throw Mismatch("\(subject): expected \(short(expected)), came \(short(actual))")
}
