/// Fields of a message that have been read, by their indexes in its type.
package struct SeenFields {
  // Most messages have fewer fields.
  private var low: UInt64 = 0
  private var high: Set<Int> = []
  private var oneOfs: Set<Int> = []
  private var hasType = false

  package init() {}

  /// Adds a field by its index, and returns whether it was not there.
  @discardableResult
  package mutating func insert(_ index: Int) -> Bool {
    guard index < UInt64.bitWidth else { return high.insert(index).inserted }
    defer { low |= 1 << UInt64(index) }
    return !contains(index)
  }

  /// Whether a field is there.
  package func contains(_ index: Int) -> Bool {
    index < UInt64.bitWidth ? low & 1 << UInt64(index) != 0 : high.contains(index)
  }

  /// Adds a one-of by its index, and returns whether it was not there.
  package mutating func insert(oneOf index: Int) -> Bool {
    oneOfs.insert(index).inserted
  }

  /// Adds the type of an `Any`, and returns whether it was not there.
  package mutating func insertType() -> Bool {
    defer { hasType = true }
    return !hasType
  }
}
