import ProtobufCWellKnownTypes

/// The positions and the comments of the declarations in a `.proto` file.
struct SourceLocations {
  typealias Location = Google_Protobuf_SourceCodeInfo.Location

  private let file: String
  private let locations: [[Int32]: Location]

  init(_ proto: FileProto) {
    file = proto.name ?? ""
    let pairs = (proto.sourceCodeInfo?.location ?? []).map { ($0.path, $0) }
    // The compiler notes a declaration before its parts, should two have the same path.
    locations = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  /// Returns the position at which the declaration at a path begins.
  func position(of path: [Int32]) -> Position {
    guard let span = locations[path]?.span, span.count >= 2 else { return Position(file: file) }
    return Position(file: file, line: Int(span[0]) + 1, column: Int(span[1]) + 1)
  }

  /// The comment above the declaration, or else the one after it, or nil without one.
  func comment(of path: [Int32]) -> String? {
    guard let location = locations[path] else { return nil }
    return [location.leadingComments, location.trailingComments].lazy.compactMap { $0.flatMap(Self.cleaned) }.first
  }

  /// A comment without the spaces around its lines, or nil if nothing is left.
  private static func cleaned(_ comment: String) -> String? {
    var lines = comment.everyLine.map { line in
      // Of a line's control characters, Swift's compiler accepts only the tabulator.
      let scalars = line.unicodeScalars.filter { $0 == "\t" || $0.properties.generalCategory != .control }
      let text = String(String.UnicodeScalarView(scalars))
      // One space belongs to the comment mark, more are the author's.
      let line = text.hasPrefix(" ") ? text.dropFirst() : text[...]
      return String(line.reversed().drop(while: \.isWhitespace).reversed())
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    while lines.first?.isEmpty == true { lines.removeFirst() }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}
