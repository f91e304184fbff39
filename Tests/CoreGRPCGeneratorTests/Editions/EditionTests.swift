import ProtobufC
import ProtobufCJSON
import ProtobufCTextFormat
import ProtobufCWellKnownTypes
import Testing

/// The generated code of `Tests/CEditions/protos` at work: each feature on the wire.
@Suite("Editions") struct EditionTests {
  private typealias Defaults = Editions_Y2023_Defaults
  private typealias Presence = Editions_Y2023_Presence
  private typealias Delimited = Editions_Delimited_Delimited
  private typealias Part = Editions_Delimited_Part
  private typealias Values = Editions_Implicit_Values
  private typealias Diary = Editions_Classic_Diary

  private func expect<Value: Message>(
    _ message: Value,
    toBe bytes: [UInt8],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(message.serializedBytes() == bytes, sourceLocation: sourceLocation)
    #expect(try Value(serializedBytes: bytes) == message, sourceLocation: sourceLocation)
  }

  @Test("Explicit presence is the default, packed the encoding of repeated numbers")
  func defaults() throws {
    try expect(Defaults(), toBe: [])
    #expect(Defaults().textOrDefault == "unset")
    try expect(Defaults(number: 0, text: "", mood: .unknown), toBe: [0x08, 0, 0x12, 0, 0x18, 0])
    try expect(
      Defaults(packed: [-1, 1], expanded: [-1, 1], moods: [.fine, .unrecognized(7)]),
      toBe: [0x22, 2, 1, 2, 0x28, 1, 0x28, 2, 0x32, 2, 1, 7]
    )
    try expect(
      Defaults(parts: ["k": .init(name: "p")], choice: .chosenText("")),
      toBe: [0x42, 8, 0x0A, 1, 0x6B, 0x12, 3, 0x0A, 1, 0x70, 0x4A, 0]
    )
  }

  @Test("Implicit presence: a default is not sent, a negative zero is; required fields always are")
  func presence() throws {
    let required: [UInt8] = [0x48, 0, 0x52, 0]
    try expect(Presence(), toBe: required)
    #expect(throws: BinaryDecodingError.self) { try Presence(serializedBytes: []) }
    let implicit = Presence(
      implicit: -0.0,
      implicitText: "t",
      implicitBytes: [0],
      implicitFlag: true,
      implicitMood: .gloomy,
      implicitFixed: 1,
      implicitFloat: -0.0
    )
    let decoded = try Presence(serializedBytes: implicit.serializedBytes())
    #expect(decoded == implicit && decoded.implicit.sign == .minus && decoded.implicitFloat.sign == .minus)
    // Sent by another, a default reads as one.
    let zeros: [UInt8] = [0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0x1A, 0, 0x22, 0, 0x28, 0, 0x30, 0]
    #expect(try Presence(serializedBytes: zeros + required) == Presence())
    #expect(Presence(explicit: 0).serializedBytes().count == 9 + required.count)
  }

  @Test("Implicit presence and expanded encoding for a whole file")
  func fileFeatures() throws {
    try expect(Values(), toBe: [])
    try expect(Values(number: 0, text: "", counted: 0), toBe: [0x20, 0])
    try expect(
      Values(inside: Values(), list: [1, 2], packed: [1, 2], map: [0: ""], choice: .flag(false)),
      toBe: [0x1A, 0, 0x28, 1, 0x28, 2, 0x32, 2, 1, 2, 0x3A, 4, 0x08, 0, 0x12, 0, 0x40, 0]
    )
  }

  @Test("Delimited messages stand between two tags, those in maps have a length")
  func delimited() throws {
    let part = Part(name: "a")
    let required: [UInt8] = [0x3B, 0x3C]
    func message(_ change: (inout Delimited) -> Void) -> Delimited {
      var message = Delimited()
      change(&message)
      return message
    }
    func bytes(_ message: Delimited) -> [UInt8] { message.serializedBytes() }
    #expect(bytes(Delimited()) == required)
    #expect(bytes(message { $0.part = part }).starts(with: [0x0B, 0x0A, 1, 0x61, 0x0C]))
    #expect(bytes(message { $0.prefixed = part }).starts(with: [0x1A, 3, 0x0A, 1, 0x61]))
    #expect(bytes(message { $0.map = [0: part] }).starts(with: [0x22, 7, 0x08, 0, 0x12, 3, 0x0A, 1, 0x61]))
    let all = message {
      $0.part = Part(name: "a", next: part)
      $0.parts = [part, Part()]
      $0.prefixed = part
      $0.map = [-1: part]
      $0.choice = .chosen(part)
      $0.required = part
    }
    #expect(try Delimited(serializedBytes: bytes(all)) == all)
  }

  @Test("A file of the edition 2024 uses types of 2023")
  func edition2024() throws {
    try expect(
      Editions_Y2024_Measurement(mood: .gloomy, level: .high, kinds: [.time], data: [], part: .init(name: "a")),
      toBe: [0x10] + Array(repeating: 0xFF, count: 9) + [1, 0x18, 2, 0x22, 1, 1, 0x33, 0x0A, 1, 0x61, 0x34]
    )
    #expect(Editions_Y2024_Hidden(badlyNamed: 1).serializedBytes() == [0x08, 1])
  }

  @Test("A proto3 file uses an enum of an edition: its own rules hold")
  func classic() throws {
    try expect(Diary(mood: .unknown, text: "", weight: 0), toBe: [])
    try expect(
      Diary(mood: .fine, next: .unknown, moods: [.fine], title: "", byDay: [0: .fine], extra: .chosen(.unknown)),
      toBe: [0x08, 1, 0x10, 0, 0x1A, 1, 1, 0x2A, 0, 0x32, 4, 0x08, 0, 0x10, 1, 0x38, 0]
    )
    try expect(Diary(days: [1, 2], page: .init(style: .ruled)), toBe: [0x48, 1, 0x48, 2, 0x52, 2, 0x08, 1])
    let negative = try Diary(serializedBytes: Diary(weight: -0.0).serializedBytes())
    #expect(negative.weight.sign == .minus)
  }

  @Test("The descriptor is the file's own: edition, features and names in JSON are in it")
  func descriptor() throws {
    let bytes = Editions_Y2024_Edition2024File.descriptor.serializedBytes
    let file = try Google_Protobuf_FileDescriptorProto(serializedBytes: bytes)
    #expect(file.syntax == "editions" && file.edition == .edition2024)
    #expect(file.optionDependency == ["edition_options.proto"])
    let fields = try #require(file.messageType.first).field
    #expect(fields[5].type == .message && fields[5].options?.features?.messageEncoding == .delimited)
    #expect(fields[4].options?.features?.fieldPresence == .implicit)
    #expect(fields.map(\.jsonName) == ["value", "mood", "level", "kinds", "data", "part"])
    #expect(Editions_Y2023_Edition2023File.descriptor.serializedBytes.contains("implicitText".utf8))
  }

  @Test("JSON and text format are what Python writes")
  func formats() throws {
    var message = Delimited(
      part: Part(name: "a", next: Part()),
      parts: [Part(name: "b")],
      prefixed: Part(name: "c"),
      map: [-1: Part(name: "d")]
    )
    message.choice = .chosen(Part(name: "e"))
    message.inner = Delimited.Inner(number: 1)
    let json = """
      {"part":{"name":"a","next":{}},"parts":[{"name":"b"}],"prefixed":{"name":"c"},"map":{"-1":{"name":"d"}},\
      "chosen":{"name":"e"},"required":{},"inner":{"number":1}}
      """
    #expect(try message.jsonString() == json)
    #expect(try Delimited(jsonString: json) == message)
    let text = """
      part {
        name: "a"
        next {
        }
      }
      parts {
        name: "b"
      }
      prefixed {
        name: "c"
      }
      map {
        key: -1
        value {
          name: "d"
        }
      }
      chosen {
        name: "e"
      }
      required {
      }
      Inner {
        number: 1
      }

      """
    #expect(message.textFormatString() == text)
    #expect(try Delimited(textFormatString: text) == message)

    let presence = Presence(explicit: 0, implicitText: "t")
    let object = #"{"explicit":0.0,"implicitText":"t","required":0,"requiredPart":{}}"#
    #expect(try Presence(jsonString: object) == presence)
    #expect(try presence.jsonString().contains(#""implicitText":"t","required":0,"requiredPart":{}}"#))
    #expect(try !presence.jsonString().contains("implicitFlag"))
  }

  @Test("The text form leaves out defaults without presence")
  func text() {
    #expect(Values(text: "t").debugDescription == "text: \"t\"\n")
    #expect(Diary(next: .unknown).debugDescription == "next: MOOD_UNKNOWN\n")
  }
}
