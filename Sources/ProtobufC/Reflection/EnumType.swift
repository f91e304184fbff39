/// An enum as its descriptor describes it.
package final class EnumType: Sendable {
  /// Whether this is `google.protobuf.NullValue`, which is `null` in JSON.
  package let isNullValue: Bool

  /// Whether only the numbers of its values are values of fields (`features.enum_type`; always in proto2).
  package let isClosed: Bool

  private let names: [Int32: String]
  private let numbers: [String: Int32]

  init(name: String, values: [(name: String, number: Int32)], isClosed: Bool) {
    self.isClosed = isClosed
    isNullValue = name == "google.protobuf.NullValue"
    names = Dictionary(values.map { ($0.number, $0.name) }) { first, _ in first }
    numbers = Dictionary(values.map { ($0.name, $0.number) }) { first, _ in first }
  }

  /// The name of a number: of several the one declared first.
  package func name(of number: Int32) -> String? {
    names[number]
  }

  /// The number of a name.
  package func number(of name: String) -> Int32? {
    numbers[name]
  }
}
