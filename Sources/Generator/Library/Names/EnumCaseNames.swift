/// Takes the enum's own name off its values: `COLOR_RED` of the enum `Color` is `red`.
enum EnumCaseNames {
  /// The names of an enum's cases, not yet escaped.
  ///
  /// Values that would become the same keep the enum's name. Of values that still do, the first gets the name, and
  /// others get their numbers as suffixes. Values of the same number may have the same name.
  ///
  /// - Parameters:
  ///   - values: The values' names and numbers.
  ///   - enumName: The enum's name.
  static func names(of values: [(name: String, number: Int32)], in enumName: String) -> [String] {
    var names = values.map { caseName(stripped($0.name, of: enumName) ?? $0.name) }
    let fullNames = values.map { caseName($0.name) }
    while true {
      let clashing = clashes(names, values)
      let shortened = clashing.filter { names[$0] != fullNames[$0] }
      if shortened.isEmpty { return numbered(names, values, clashing) }
      for index in shortened { names[index] = fullNames[index] }
    }
  }

  private static func caseName(_ name: String) -> String {
    let name = SwiftName.lowerCamelCase(name)
    return SwiftIdentifier.membersOfEnums.contains(name) ? name + "_" : name
  }

  /// The values whose names others of another number have, too.
  private static func clashes(_ names: [String], _ values: [(name: String, number: Int32)]) -> [Int] {
    var numbers: [String: Set<Int32>] = [:]
    for (name, value) in zip(names, values) { numbers[name, default: []].insert(value.number) }
    return names.indices.filter { (numbers[names[$0]]?.count ?? 0) > 1 }
  }

  private static func numbered(
    _ names: [String],
    _ values: [(name: String, number: Int32)],
    _ clashing: [Int]
  ) -> [String] {
    var names = names
    var taken: [String: Int32] = [:]
    for (index, name) in names.enumerated() where taken[name] == nil { taken[name] = values[index].number }
    for index in clashing where taken[names[index]] != values[index].number {
      let number = values[index].number
      var name = names[index] + "_" + (number < 0 ? "n\(number.magnitude)" : "\(number)")
      while let other = taken[name], other != number { name += "_" }
      taken[name] = number
      names[index] = name
    }
    return names
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
