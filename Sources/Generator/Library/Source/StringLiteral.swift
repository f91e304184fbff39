/// Texts and bytes as literals of Swift.
enum StringLiteral {
  /// A text between quotation marks.
  static func quoted(_ text: String) -> String {
    "\"" + text.unicodeScalars.map(escaped).joined() + "\""
  }

  /// Bytes as a literal in several lines, in which each byte is the character of its number.
  static func lines(_ bytes: [UInt8]) -> String {
    var lines: [String] = []
    var line = ""
    for byte in bytes {
      line += escaped(Unicode.Scalar(byte))
      if line.utf8.count > 100 {
        lines.append(line)
        line = ""
      }
    }
    if !line.isEmpty { lines.append(line) }
    return "\"\"\"\n" + lines.joined(separator: "\\\n") + "\n\"\"\""
  }

  /// The bytes of a default in the way of protobuf's compiler, with C's escapes.
  static func unescaped(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let escape = rest.popFirst() else {
        bytes.append(byte)
        continue
      }
      switch escape {
      case UInt8(ascii: "n"): bytes.append(10)
      case UInt8(ascii: "r"): bytes.append(13)
      case UInt8(ascii: "t"): bytes.append(9)
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        // The compiler writes three octal digits.
        var value = escape - UInt8(ascii: "0")
        for _ in 0..<2 {
          guard let digit = rest.popFirst() else { break }
          value = value << 3 | (digit - UInt8(ascii: "0")) & 7
        }
        bytes.append(value)
      default: bytes.append(escape)
      }
    }
    return bytes
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": "\\\""
    case "\\": "\\\\"
    case "\n": "\\n"
    case "\r": "\\r"
    case "\t": "\\t"
    case " "..."~": String(scalar)
    case _ where scalar.value >= 0x100 && scalar.isVisible: String(scalar)
    default: unicode(scalar)
    }
  }

  private static func unicode(_ scalar: Unicode.Scalar) -> String {
    "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
  }
}

extension Unicode.Scalar {
  /// Whether the character shows in a source file, and leaves those around it as they are.
  fileprivate var isVisible: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .spaceSeparator, .surrogate, .unassigned:
      false
    default: true
    }
  }
}
