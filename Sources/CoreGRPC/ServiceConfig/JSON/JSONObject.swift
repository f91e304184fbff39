/// The members of a JSON object to be written, in their order.
struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  struct Member: Sendable, Hashable {
    let name: String
    let value: JSONValue
  }

  private(set) var members: [Member] = []

  init() {}

  init(dictionaryLiteral elements: (String, JSONValue)...) { members = elements.map(Member.init) }

  /// Adds a member whose name is not there yet.
  mutating func add(_ name: String, _ value: JSONValue) { members.append(Member(name: name, value: value)) }

  /// Whether no name occurs twice.
  var hasUniqueNames: Bool { Set(members.map(\.name)).count == members.count }

  static func + (one: JSONObject, other: JSONObject) -> JSONObject {
    var sum = one
    sum.members += other.members
    return sum
  }
}
