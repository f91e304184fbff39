/// Swift source that is being written, line by line.
struct SourceText {
  private var lines: [String] = []
  private var indentation = ""

  /// The longest line that is not broken.
  static var lineLength: Int { 120 }

  var text: String { lines.joined(separator: "\n") + "\n" }

  /// Adds lines at the current indentation.
  mutating func add(_ text: String) {
    for line in text.everyLine { lines.append(line.isEmpty ? "" : indentation + line) }
  }

  /// Adds an empty line, unless there is one already or a block has just been opened.
  mutating func blank() {
    guard let last = lines.last, !last.isEmpty, !last.hasSuffix("{") else { return }
    lines.append("")
  }

  /// Adds a line that opens a block, its content, and the line that closes it.
  mutating func block<Failure: Error>(
    _ opening: String,
    closing: String = "}",
    _ content: (inout SourceText) throws(Failure) -> Void
  ) throws(Failure) {
    add(opening)
    try indented(content)
    add(closing)
  }

  /// Adds a switch: its cases are not further in than itself.
  mutating func cases<Failure: Error>(
    of value: String,
    _ content: (inout SourceText) throws(Failure) -> Void
  ) throws(Failure) {
    add("switch \(value) {")
    try content(&self)
    add("}")
  }

  /// Adds lines one step further in.
  mutating func indented<Failure: Error>(_ content: (inout SourceText) throws(Failure) -> Void) throws(Failure) {
    let outer = indentation
    indentation += "  "
    try content(&self)
    indentation = outer
  }

  /// Adds a list in brackets: in one line if it fits, otherwise with a line for each element.
  ///
  /// - Parameters:
  ///   - head: The text before the elements, with the opening bracket.
  ///   - elements: The elements.
  ///   - tail: The text after them, with the closing bracket.
  mutating func list(_ head: String, _ elements: [String], _ tail: String) {
    let line = head + elements.joined(separator: ", ") + tail
    if indentation.count + line.count <= Self.lineLength || elements.isEmpty {
      add(line)
    } else {
      add(head)
      indented { text in
        for (index, element) in elements.enumerated() {
          text.add(element + (index + 1 < elements.count ? "," : ""))
        }
      }
      add(tail)
    }
  }

  /// Adds a documentation comment.
  mutating func documentation(_ text: String) {
    for line in text.everyLine {
      lines.append(line.isEmpty ? indentation + "///" : indentation + "/// " + line)
    }
  }
}
