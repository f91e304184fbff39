/// The text format of Prometheus, version 0.0.4.
enum PrometheusText {
  /// The media type of a page.
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  /// Returns a name with letters, digits and underscores only, which does not begin with a digit.
  static func name(_ text: String) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
      let isDigit = ("0"..."9").contains(scalar)
      if name.isEmpty, isDigit { name = "_" }
      name.unicodeScalars.append(isLetter || isDigit ? scalar : "_")
    }
    return name.isEmpty ? "_" : name
  }

  /// Returns a name with a last word, unless it is there already.
  static func name(_ name: String, endingWith word: String?) -> String {
    guard let word, !name.hasSuffix("_" + word) else { return name }
    return "\(name)_\(word)"
  }

  /// Returns labels without their braces, sorted by name.
  ///
  /// Of labels that have the same name in this format the first one is kept. A histogram has a label `le` of its own.
  static func labels(_ dimensions: [(String, String)]) -> String {
    var values: [String: String] = [:]
    for (key, value) in dimensions {
      let name = key == "le" ? "le_" : name(key)
      values[name] = values[name] ?? value
    }
    return values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }
      .joined(separator: ",")
  }

  /// Returns the line of a sample.
  ///
  /// - Parameter bound: The value of a bucket's label `le`.
  static func sample(_ name: String, _ labels: String, _ value: String, bound: String? = nil) -> String {
    let all = [labels, bound.map { "le=\"\($0)\"" } ?? ""].filter { !$0.isEmpty }.joined(separator: ",")
    return all.isEmpty ? "\(name) \(value)\n" : "\(name){\(all)} \(value)\n"
  }

  /// Returns the lines above a family's samples.
  static func head(_ name: String, type: String, help: String?) -> String {
    (help.map { "# HELP \(name) \(escaped($0, quotes: false))\n" } ?? "") + "# TYPE \(name) \(type)\n"
  }

  /// Returns a number, as Go reads it.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where quotes: result += "\\\""
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
