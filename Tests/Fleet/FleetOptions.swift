/// The command line of `fleet-peer`: a command, and options that each have a value.
struct FleetOptions {
  let command: String
  private var values: [String: String] = [:]

  struct Problem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    guard let command = rest.popFirst() else { throw Problem("usage: fleet-peer serve|call|cost --NAME VALUE ...") }
    self.command = command
    while let name = rest.popFirst() {
      guard name.hasPrefix("--"), let value = rest.popFirst() else { throw Problem("no option with a value: \(name)") }
      values[String(name.dropFirst(2))] = value
    }
  }

  /// The value of an option, if it is given.
  subscript(_ name: String) -> String? { values[name] }

  /// The value of an option that must be given.
  func required(_ name: String) throws -> String {
    guard let value = values[name] else { throw Problem("--\(name) is missing") }
    return value
  }

  /// The number that an option has, within bounds.
  func number(_ name: String, default standard: Int, in bounds: ClosedRange<Int>) throws -> Int {
    guard let text = values[name] else { return standard }
    guard let number = Int(text), bounds.contains(number) else {
      throw Problem("--\(name) is not a number from \(bounds.lowerBound) to \(bounds.upperBound): \(text)")
    }
    return number
  }
}
