/// The type of one value of a field.
enum ValueType: Hashable {
  /// A number that is the same in C and in Swift, by its Swift type.
  case number(String)
  case bool
  case string
  case bytes

  /// An enum or a message, by its full name.
  case enumeration(String)
  case message(String)

  var isFloatingPoint: Bool { self == .number("Double") || self == .number("Float") }
}
