import ProtobufC
import ProtobufCReflection
import ProtobufCWellKnownTypes
import Testing

@Suite struct TypePoolTests {
  /// The types of some files, beside those of an `Any`.
  private func pool(of files: [ProtoFileDescriptor]) -> TypePool {
    TypePool.type(of: Google_Protobuf_Any.self, with: MessageTypeRegistry(files: files)).pool
  }

  /// The names of a message type's fields.
  private func fields(of name: String, in files: [ProtoFileDescriptor]) -> [String]? {
    pool(of: files).message(named: name)?.fields.map(\.name)
  }

  @Test func findsTheTypeOfAMessage() {
    let (type, pool) = TypePool.type(of: Google_Protobuf_Duration.self, with: [])
    #expect(type.name == "google.protobuf.Duration")
    #expect(type.fields.map(\.name) == ["seconds", "nanos"])
    #expect(pool.message(named: "google.protobuf.Any") == nil)
  }

  @Test func firstOfSeveralTypesCounts() {
    #expect(fields(of: "same.Part", in: [first, second]) == ["first"])
    #expect(fields(of: "same.Part", in: [second, first]) == ["second"])
    // A field has the type that its name finds.
    let pool = pool(of: [first, second])
    let index = pool.message(named: "same.Whole")?.fields.first?.messageIndex
    #expect(index.map { pool.messages[$0].fields.map(\.name) } == ["first"])
    #expect(pool.messages.count { $0.name == "same.Part" } == 1)
  }

  @Test func firstOfSeveralFilesCounts() {
    #expect(fields(of: "same.Part", in: [first, otherFirst]) == ["first"])
    #expect(fields(of: "same.Other", in: [first, otherFirst]) == nil)
    #expect(fields(of: "same.Part", in: [otherFirst, first]) == nil)
    #expect(fields(of: "same.Other", in: [otherFirst, first]) == ["third"])
  }

  @Test func importsOfAFileComeBeforeTheNextFile() {
    let importing = ProtoFileDescriptor(name: "c.proto", dependencies: [second], latin1: optionals)
    #expect(fields(of: "same.Part", in: [importing, first]) == ["second"])
    #expect(fields(of: "same.Part", in: [first, importing]) == ["first"])
  }

  @Test func tellsOneOfsFromThoseOfOptionalFields() {
    let pool = pool(of: [ProtoFileDescriptor(name: "c.proto", dependencies: [], latin1: optionals)])
    #expect(pool.message(named: "same.Maybe")?.hasOneOfs == false)
    #expect(pool.message(named: "same.Maybe")?.fields.first?.oneOf == nil)
    #expect(pool.message(named: "same.Choice")?.hasOneOfs == true)
    #expect(pool.message(named: "same.Choice")?.fields.first?.oneOf == 0)
  }
}

/// The file `a.proto` with the message `same.Part`, which has the field `first`.
private let first = ProtoFileDescriptor(
  name: "a.proto",
  dependencies: [],
  latin1: """
    \u{A}\u{7}a.proto\u{12}\u{4}same\"\u{1C}\u{A}\u{4}Part\u{12}\u{14}\u{A}\u{5}first\u{18}\u{1} \u{1}(\
    \u{5}R\u{5}firstb\u{6}proto3
    """
)

/// The file `b.proto` with another message `same.Part`, which has the field `second`, and with `same.Whole`, which has
/// a field of that type.
private let second = ProtoFileDescriptor(
  name: "b.proto",
  dependencies: [],
  latin1: """
    \u{A}\u{7}b.proto\u{12}\u{4}same\"\u{1E}\u{A}\u{4}Part\u{12}\u{16}\u{A}\u{6}second\u{18}\u{1} \u{1}(\
    \u{5}R\u{6}second\"'\u{A}\u{5}Whole\u{12}\u{1E}\u{A}\u{4}part\u{18}\u{1} \u{1}(\u{B}2\u{A}.same.Part\
    R\u{4}partb\u{6}proto3
    """
)

/// Another file `a.proto`, with the message `same.Other`, which has the field `third`.
private let otherFirst = ProtoFileDescriptor(
  name: "a.proto",
  dependencies: [],
  latin1: """
    \u{A}\u{7}a.proto\u{12}\u{4}same\"\u{1D}\u{A}\u{5}Other\u{12}\u{14}\u{A}\u{5}third\u{18}\u{1} \u{1}(\
    \u{5}R\u{5}thirdb\u{6}proto3
    """
)

/// The file `c.proto` with the messages `same.Maybe` and `same.Choice`: a proto3 `optional`, and a one-of of one field.
private let optionals: StaticString = """
  \u{A}\u{7}c.proto\u{12}\u{4}same\"/\u{A}\u{5}Maybe\u{12}\u{1B}\u{A}\u{6}number\u{18}\u{1} \u{1}(\
  \u{5}H\u{0}R\u{6}number\u{88}\u{1}\u{1}B\u{9}\u{A}\u{7}_number\",\u{A}\u{6}Choice\u{12}\u{18}\u{A}\
  \u{6}number\u{18}\u{1} \u{1}(\u{5}H\u{0}R\u{6}numberB\u{8}\u{A}\u{6}choiceb\u{6}proto3
  """
