/// Takes the enum's own name off its values: `COLOR_RED` of the enum `Color` is `red`.
enum EnumCaseNames {
  /// The names of an enum's cases, not yet escaped.
  ///
  /// - Parameters:
  ///   - values: the values' names.
  ///   - enumName: the enum's name.
  static func names(of values: [String], in enumName: String) -> [String] {
    values.map { SwiftName.lowerCamelCase(stripped($0, of: enumName) ?? $0) }
  }

  /// A value's name without the enum's, or nil if it does not begin with it or nothing would be left to name it.
  private static func stripped(_ value: String, of enumName: String) -> String? {
    var prefix = enumName.lowercased().filter { $0 != "_" }[...]
    var rest = value[...]
    while let wanted = prefix.first {
      guard let next = rest.popFirst() else { return nil }
      if next == "_" { continue }
      guard next.lowercased() == String(wanted) else { return nil }
      prefix.removeFirst()
    }
    rest = rest.drop { $0 == "_" }
    guard let first = rest.first, !first.isNumber else { return nil }
    return String(rest)
  }
}
