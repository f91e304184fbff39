/// A place in a `.proto` file.
struct Position: Hashable, CustomStringConvertible {
  let file: String

  /// The line and the column, from 1, if the compiler has told them.
  var line: Int?
  var column: Int?

  var description: String {
    [file, line.map(String.init), column.map(String.init)].compactMap(\.self).joined(separator: ":")
  }
}
