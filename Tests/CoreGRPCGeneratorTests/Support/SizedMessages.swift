import ProtobufC

/// A message of `sizes.proto` that keeps its fields in the value, or the one with the same fields that keeps them in
/// shared storage.
protocol SizedMessage: Message {
  associatedtype Choice: SizedChoice

  var number: Int32 { get set }
  var maybe: Int32? { get set }
  var text: String { get set }
  var data: [UInt8] { get set }
  var shade: Sizes_Shade { get set }
  var ratio: Double { get set }
  var part: Sizes_Part? { get set }
  var list: [String] { get set }
  var parts: [String: Sizes_Part] { get set }
  var choice: Choice? { get set }
  var next: Self? { get set }
}

/// The one-of of such a message.
protocol SizedChoice: Sendable, Hashable {
  static func word(_ word: String) -> Self
  static func piece(_ piece: Sizes_Part) -> Self
}

extension Sizes_Small: SizedMessage {}
extension Sizes_Large: SizedMessage {}
extension Sizes_Small.OneOf_Choice: SizedChoice {}
extension Sizes_Large.OneOf_Choice: SizedChoice {}

extension SizedMessage {
  /// A change of each field.
  static var changes: [@Sendable (inout Self) -> Void] {
    [
      { $0.number = -5 },
      { $0.maybe = 0 },
      { $0.text = "a text that is no small string" },
      { $0.data = [0, 255] },
      { $0.shade = .unrecognized(-3) },
      { $0.ratio = -0.0 },
      { $0.part = Sizes_Part(name: "n", count: 1) },
      { $0.part = Sizes_Part() },
      { $0.list.append("x") },
      { $0.parts["k", default: Sizes_Part()].count += 1 },
      { $0.choice = .word("") },
      { $0.choice = .piece(Sizes_Part(name: "p", count: 2)) },
      { $0.next = Self() },
      { $0.next = .with { $0.next = .with { $0.number = 3 } } },
    ]
  }

  /// A message with all fields set.
  static var full: Self {
    .with { message in
      for change in changes { change(&message) }
      message.ratio = 0.5
    }
  }
}

/// The same of `legacy_sizes.proto`.
protocol LegacySizedMessage: Message {
  associatedtype Extra: LegacySizedGroup
  associatedtype Choice: LegacySizedChoice

  var name: String { get set }
  var number: Int32? { get set }
  var numberOrDefault: Int32 { get }
  var text: String? { get set }
  var textOrDefault: String { get }
  var extra: Extra? { get set }
  var choice: Choice? { get set }
}

protocol LegacySizedGroup: Message {
  var count: Int32? { get set }
}

protocol LegacySizedChoice: Sendable, Hashable {
  associatedtype Group: LegacySizedGroup

  static func flag(_ flag: Bool) -> Self
  static func chosen(_ group: Group) -> Self
}

extension LegacySizes_Small: LegacySizedMessage {}
extension LegacySizes_Large: LegacySizedMessage {}
extension LegacySizes_Small.Extra: LegacySizedGroup {}
extension LegacySizes_Large.Extra: LegacySizedGroup {}
extension LegacySizes_Small.Chosen: LegacySizedGroup {}
extension LegacySizes_Large.Chosen: LegacySizedGroup {}
extension LegacySizes_Small.OneOf_Choice: LegacySizedChoice {}
extension LegacySizes_Large.OneOf_Choice: LegacySizedChoice {}
