/// The outcome of a case that did not fail.
package enum InteropOutcome: Sendable, Hashable {
  case passed
  /// The case could not be decided here, and why.
  case skipped(String)
}
