import ProtobufC
import ProtobufCWellKnownTypes
import Testing

/// The generated code of `Tests/CKitchenSink/protos` at work.
@Suite("Generated messages") struct RoundTripTests {
  private typealias Names = Kitchen_SinkV1_Names
  private typealias Presence = Kitchen_SinkV1_Presence
  private typealias Maps = Kitchen_SinkV1_Maps
  private typealias Chain = Kitchen_SinkV1_Chain

  private func expectRoundTrip<Value: Message>(
    _ message: Value,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let decoded = try Value(serializedBytes: message.serializedBytes())
    #expect(decoded == message, sourceLocation: sourceLocation)
  }

  @Test("Fields with the names of Swift's and of generated code's own words")
  func names() throws {
    let names = Names.with {
      $0.init_p = 1
      $0.self_p = "self"
      $0.`default` = true
      $0.`class` = -4
      $0.`in` = "in"
      $0.`inout` = [0, 255]
      $0.description_p = "description"
      $0.unknownFields_p = "known"
      $0.value = "value"
      $0.message = "message"
      $0.encoder = "encoder"
      $0.decoder = "decoder"
      $0.field = "field"
      $0.double = 0.5
      $0.userID = "user"
      $0.htmlURL = "url"
      $0.base = "base"
      $0.with_p = ""
      $0.`operator` = false
      $0.`repeat` = ["a", "", "b\0c"]
      $0.`where` = ["here": "there"]
      $0.`switch` = .none_(Names.StringMessage(int32: "not a number"))
      $0.string = Names.StringMessage()
      $0.nestedLayout = Names.LayoutMessage(messageLayout: true)
      $0.typeOfNames = .unrecognized_
    }
    try expectRoundTrip(names)
    #expect(try Names(serializedBytes: names.serializedBytes()).typeOfNames.rawValue == 6)
  }

  @Test("Fields with names that C has for something else")
  func cNames() throws {
    var message = Kitchen_SinkV1_CNames(linux: 1, unix: ["a"], list: [2, 3], nList: -1, choiceCase: "c", return: "r")
    message.choice = .text("t")
    try expectRoundTrip(message)
  }

  @Test("An optional field that is set to its default is not one that is not set")
  func presence() throws {
    var message = Presence()
    #expect(message.serializedBytes().isEmpty)
    message.aDouble = 0
    message.aFloat = 0
    message.anInt32 = 0
    message.anUint64 = 0
    message.aBool = false
    message.aString = ""
    message.aBytes = []
    message.aMood = .fine
    message.names = Names()
    message.time = Google_Protobuf_Timestamp()
    try expectRoundTrip(message)
    let decoded = try Presence(serializedBytes: message.serializedBytes())
    #expect(decoded.aString == "" && decoded.aBytes == [] && decoded.aDouble == 0 && decoded.aMood == .fine)
    #expect(try Presence(serializedBytes: []).aString == nil)
  }

  @Test("Each case of a one-of, with its default and without")
  func oneOfs() throws {
    let choices: [Presence.OneOf_Choice] = [
      .chosenDouble(0), .chosenDouble(-.pi), .chosenBool(false), .chosenBool(true), .chosenBytes([]),
      .chosenBytes([0, 1]), .chosenMood(.fine), .chosenMood(.gloomy), .chosenMood(.unrecognized(12)),
      .chosenTime(Google_Protobuf_Timestamp()), .chosenTime(Google_Protobuf_Timestamp(seconds: -1, nanos: 1)),
      .chosenFixed(.min),
    ]
    for choice in choices { try expectRoundTrip(Presence(choice: choice)) }
  }

  @Test("Messages of other modules and other files inside")
  func imports() throws {
    try expectRoundTrip(
      Presence(
        time: Google_Protobuf_Timestamp(seconds: 5, nanos: 6),
        details: [Google_Protobuf_Any(typeURL: "x/y", value: [1, 2]), Google_Protobuf_Any()],
        record: Legacy_Record(id: 1, name: "r", first: Legacy_Part(number: 2))
      )
    )
  }

  @Test("Maps of all kinds of keys and values")
  func maps() throws {
    let message = Maps(
      doubles: [.min: 0, 0: .infinity],
      floats: [-1: 0, 1: 1.5],
      bools: [0: false, .max: true],
      blobs: [false: [], true: [0]],
      moods: ["": .fine, "m": .gloomy, "u": .unrecognized(99)],
      maps: [0: Maps(), 1: Maps(doubles: [1: 1])],
      times: [.min: Google_Protobuf_Timestamp(seconds: 1)]
    )
    try expectRoundTrip(message)
    // An entry without key and value has the defaults of both.
    let empty = try Maps(serializedBytes: [0x0A, 0, 0x2A, 0, 0x32, 0])
    #expect(empty == Maps(doubles: [0: 0], moods: ["": .fine], maps: [0: Maps()]))
  }

  @Test("A negative zero is sent, also in a map")
  func negativeZero() throws {
    let numbers = Kitchen_SinkV1_Numbers(aFloat: -0.0, aDouble: -0.0, floats: [-0.0, 0])
    let decoded = try Kitchen_SinkV1_Numbers(serializedBytes: numbers.serializedBytes())
    #expect(decoded.aFloat.sign == .minus && decoded.aDouble.sign == .minus)
    #expect(decoded.floats.map(\.sign) == [.minus, .plus])
    let map = try Maps(serializedBytes: Maps(doubles: [0: -0.0], floats: [0: -0.0]).serializedBytes())
    #expect(map.doubles[0]?.sign == .minus && map.floats[0]?.sign == .minus)
  }

  @Test("Messages that hold themselves are values")
  func recursion() throws {
    var chain = Chain(next: Chain(link: .text("end")), left: Kitchen_SinkV1_Left(number: 1))
    chain.link = .chain(Chain(link: .text("other")))
    chain.left?.right = Kitchen_SinkV1_Right(content: .left(Kitchen_SinkV1_Left(number: 2)))
    try expectRoundTrip(chain)
    var copy = chain
    copy.next?.link = .text("changed")
    copy.next?.next = Chain()
    #expect(chain.next?.link == .text("end"))
    #expect(chain.next?.next == nil)
    #expect(copy != chain)
    try expectRoundTrip(copy)
  }

  @Test("proto2: required fields, defaults that are not zero, groups")
  func legacy() throws {
    let record = Legacy_Record.with {
      $0.id = 0
      $0.name = ""
      $0.grade = .bad
      $0.levels = ["l": .high, "z": .low]
      $0.partsByNumber = [0: Legacy_Part(), 2: Legacy_Part(number: 3, next: Legacy_Part(next: Legacy_Part()))]
      $0.extra = Legacy_Record.Extra(number: 0, item: [.init(text: "a"), .init()])
      $0.choice = .chosen(Legacy_Record.Chosen(flag: false))
    }
    try expectRoundTrip(record)
    #expect(Legacy_Record().weight == .min)
    // All five required fields are sent, the defaults too.
    #expect(Legacy_Record().serializedBytes().count == 2 + 2 + 2 + 2 + 11)
    #expect(throws: BinaryDecodingError.self) { try Legacy_Record(serializedBytes: []) }
    // An entry of a map without a value.
    let entry = Legacy_Record().serializedBytes() + [0x42, 3, 0x0A, 1, 0x6B]
    #expect(try Legacy_Record(serializedBytes: entry).levels == ["k": .low])
  }

  @Test("A group is between its tags on the wire")
  func groups() throws {
    let extra = Legacy_Record.Extra(number: 1, item: [.init(text: "a")])
    let bytes = Array(Legacy_Record(extra: extra).serializedBytes().suffix(9))
    #expect(bytes == [0x53, 0x08, 1, 0x13, 0x0A, 1, 0x61, 0x14, 0x54])
  }

  @Test("proto2: defaults of all types")
  func defaults() throws {
    let defaults = Legacy_Defaults()
    #expect(defaults.serializedBytes().isEmpty)
    #expect(defaults.anInt32 == nil && defaults.anInt32OrDefault == .min)
    #expect(defaults.anUint64OrDefault == .max)
    #expect(defaults.aDoubleOrDefault == 1.5e-10)
    #expect(defaults.infiniteOrDefault == .infinity && defaults.negativeOrDefault == -.infinity)
    #expect(defaults.noNumberOrDefault.isNaN)
    #expect(defaults.aBoolOrDefault)
    #expect(defaults.textOrDefault == "a \"quoted\" \\ text,\n a NUL: \0, and é")
    #expect(defaults.blobOrDefault == [1, 255] + Array("\\\"\t\n'\0z".utf8))
    #expect(defaults.gradeOrDefault == .bad)
    #expect(defaults.firstGrade == nil)
    let set = Legacy_Defaults(anInt32: 0, aBool: false, text: "", blob: [], grade: .good, firstGrade: .good)
    try expectRoundTrip(set)
    #expect(set.anInt32OrDefault == 0 && !set.aBoolOrDefault && set.textOrDefault.isEmpty)
  }

  @Test("Fields that a message does not know are kept")
  func unknownFields() throws {
    let remark: [UInt8] = [0xA2, 0x06, 1, 0x72]
    let record = try Legacy_Record(serializedBytes: Legacy_Record().serializedBytes() + remark)
    #expect(record.unknownFields.byteCount == remark.count)
    #expect(Array(record.serializedBytes().suffix(remark.count)) == remark)
  }

  @Test("Messages in no package, also of a name that the library has")
  func nameless() throws {
    let message = Nameless(inner: Nameless(kinds: ["a": .one]), messages: [MessageMessage(text: "m")])
    try expectRoundTrip(message)
    #expect(MessageMessage.protoMessageName == "Message")
  }

  @Test("Enumerations: names, aliases and numbers without a name")
  func enumerations() {
    #expect(Kitchen_SinkV1_Mood.allCases == [.fine, .gloomy, .high])
    #expect(Kitchen_SinkV1_Mood.sad == .gloomy)
    #expect(Kitchen_SinkV1_Mood(rawValue: -3) == .gloomy)
    #expect(Kitchen_SinkV1_Mood(rawValue: 5) == .unrecognized(5))
    #expect(Kitchen_SinkV1_Mood.high.rawValue == .max)
    #expect(Legacy_Grade() == .good)
    #expect(Legacy_Record().grade == .good)
  }

  @Test("The text form has the fields' names of the .proto file")
  func debugDescription() {
    let names = Names(init_p: 1, debugDescription_p: "d", base: "b")
    #expect(names.debugDescription == "init: 1\ndebug_description: \"d\"\nbase: \"b\"\n")
  }
}
