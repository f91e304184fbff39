/// The reason that an interop case failed: the subject, the expected value, and the received one.
package struct InteropFailure: Error, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ subject: String, expected: String, actual: String) {
    description = "\(subject): expected \(expected), got \(actual)"
  }
}

/// Checks that `subject` is as expected.
func check<Value: Equatable>(_ subject: String, _ actual: Value, is expected: Value) throws(InteropFailure) {
  guard actual != expected else { return }
  throw InteropFailure(subject, expected: "\(expected)", actual: "\(actual)")
}
