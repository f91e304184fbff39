/// The reason that nothing was generated, or the list of stale files.
struct GenerationError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}
