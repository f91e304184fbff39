/// The reason that no code can be generated, with the position in the `.proto` file if there is one.
struct GeneratorError: Error, CustomStringConvertible {
  let message: String
  var position: Position?

  init(_ message: String, at position: Position? = nil) {
    self.message = message
    self.position = position
  }

  var description: String {
    position.map { "\($0): \(message)" } ?? message
  }
}
