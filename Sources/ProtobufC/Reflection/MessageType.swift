/// A message type as its descriptor describes it.
package final class MessageType: Sendable {
  /// The full name.
  package let name: String

  /// The fields, in the order of their numbers.
  package let fields: [FieldType]

  /// The conversion that a format has for the type instead of showing its fields.
  package let wellKnown: WellKnownType?

  /// Whether there are one-ofs, apart from those that proto3 makes for `optional`.
  package let hasOneOfs: Bool

  /// The indexes of the fields that must be set.
  package let requiredFields: [Int]

  /// The names that the message declares as reserved: those of fields that it had, or never had.
  package let reservedNames: Set<String>

  private let indexesByNumber: [UInt32: Int]
  private let indexesByName: [String: Int]
  private let indexesByTextName: [String: Int]

  init(name: String, fields: [FieldType], reservedNames: Set<String>) {
    self.name = name
    self.reservedNames = reservedNames
    let fields = fields.sorted { $0.number < $1.number }
    self.fields = fields
    wellKnown = WellKnownType(rawValue: name)
    hasOneOfs = fields.contains { $0.oneOf != nil }
    requiredFields = fields.indices.filter { fields[$0].isRequired }
    indexesByNumber = Dictionary(fields.enumerated().map { ($1.number, $0) }) { first, _ in first }
    // A field's own names before those that others have in JSON.
    let indexed = fields.enumerated()
    indexesByName = Dictionary(indexed.map { ($1.name, $0) } + indexed.map { ($1.jsonName, $0) }) { first, _ in first }
    indexesByTextName = Dictionary(indexed.map { ($1.name, $0) } + indexed.map { ($1.textName, $0) }) { first, _ in
      first
    }
  }

  /// The index of the field with a number.
  package func index(ofNumber number: UInt32) -> Int? {
    // Most messages number their fields from 1 on.
    let guess = Int(number) - 1
    if fields.indices.contains(guess), fields[guess].number == number { return guess }
    return indexesByNumber[number]
  }

  /// The index of the field with a name, as in the `.proto` file or as in JSON.
  package func index(ofName name: String) -> Int? {
    indexesByName[name]
  }

  /// The index of the field with a name of the text format.
  package func index(ofTextName name: String) -> Int? {
    indexesByTextName[name]
  }
}
