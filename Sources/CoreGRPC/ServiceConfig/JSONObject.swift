/// The members of a JSON object to be written, in their order.
struct JSONObject: ExpressibleByDictionaryLiteral {
  private(set) var members: [(name: String, value: JSONValue)] = []

  init() {}

  init(dictionaryLiteral elements: (String, JSONValue)...) { members = elements.map { ($0, $1) } }

  /// Adds a member whose name is not there yet.
  mutating func add(_ name: String, _ value: JSONValue) { members.append((name, value)) }

  static func + (one: JSONObject, other: JSONObject) -> JSONObject {
    var sum = one
    sum.members += other.members
    return sum
  }
}
