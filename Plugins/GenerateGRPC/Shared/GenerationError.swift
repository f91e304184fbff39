/// Why nothing was generated, or what is stale.
struct GenerationError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) {
    self.description = description
  }
}
