/// A JSON value.
///
/// The library has its own type, because Foundation's encoder would be its only reason to depend on Foundation.
enum JSONValue: Sendable, Hashable, CustomStringConvertible {
  case object(JSONObject)
  case array([JSONValue])
  case string(String)
  case bool(Bool)
  /// The digits of a number.
  case number(String)
  /// Text that is JSON already.
  case raw(String)

  /// The value as JSON text.
  var description: String {
    switch self {
    case .object(let object):
      "{" + object.members.map { "\(Self.quoted($0.name)):\($0.value)" }.joined(separator: ",") + "}"
    case .array(let values): "[" + values.map(\.description).joined(separator: ",") + "]"
    case .string(let text): Self.quoted(text)
    case .bool(let value): value ? "true" : "false"
    case .number(let text), .raw(let text): text
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        result.unicodeScalars.append("\\")
        result.unicodeScalars.append(scalar)
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
