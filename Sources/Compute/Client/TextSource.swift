/// The texts of the command line, with the lines of standard input in the place of `-`.
struct TextSource: AsyncSequence {
  let arguments: [String]

  func makeAsyncIterator() -> Iterator { Iterator(arguments: arguments[...]) }

  struct Iterator: AsyncIteratorProtocol {
    fileprivate var arguments: ArraySlice<String>
    private var lines: StandardInputLines?

    fileprivate init(arguments: ArraySlice<String>) { self.arguments = arguments }

    mutating func next() async throws -> String? {
      if lines != nil {
        if let line = try await lines?.next() { return line }
        lines = nil
      }
      guard let argument = arguments.popFirst() else { return nil }
      guard argument == "-" else { return argument }
      lines = StandardInputLines()
      return try await next()
    }
  }
}
