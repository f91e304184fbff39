internal import ProtobufC
internal import Testing

@Suite struct WireFormatTests {
  /// One field each, so that the wire has one order only, with the bytes that protobuf's documentation asks for.
  static let fields: [(Everything, [UInt8])] = [
    (with(\.int32Value, -1), Wire.number(1, .max)),
    (with(\.int32Value, 150), [0x08, 0x96, 0x01]),
    (with(\.int64Value, .min), Wire.number(2, 1 << 63)),
    (with(\.uint32Value, .max), Wire.number(3, 0xFFFF_FFFF)),
    (with(\.uint64Value, .max), Wire.number(4, .max)),
    (with(\.sint32Value, -2), Wire.number(5, 3)),
    (with(\.sint64Value, .min), Wire.number(6, .max)),
    (with(\.fixed32Value, 0x0102_0304), [0x3D, 4, 3, 2, 1]),
    (with(\.fixed64Value, 0x0102_0304_0506_0708), [0x41, 8, 7, 6, 5, 4, 3, 2, 1]),
    (with(\.sfixed32Value, -1), [0x4D, 0xFF, 0xFF, 0xFF, 0xFF]),
    (with(\.sfixed64Value, -2), [0x51, 0xFE] + [UInt8](repeating: 0xFF, count: 7)),
    (with(\.floatValue, 1), [0x5D, 0, 0, 0x80, 0x3F]),
    (with(\.doubleValue, -.infinity), [0x61, 0, 0, 0, 0, 0, 0, 0xF0, 0xFF]),
    (with(\.boolValue, true), [0x68, 1]),
    (with(\.text, "testing"), [0x72, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67]),
    (with(\.data, [0, 0xFF]), [0x7A, 2, 0, 0xFF]),
    (with(\.color, .blue), Wire.number(16, 2)),
    (with(\.color, Test_Color(rawValue: -7)), Wire.number(16, UInt64(bitPattern: -7))),
    (with(\.leaf, Leaf()), Wire.bytes(17, [])),
    (with(\.leaf, Leaf("a\0")), Wire.bytes(17, Wire.string(1, "a\0"))),
    (with(\.numbers, [1, -1, 300]), Wire.bytes(18, [1] + Wire.varint(.max) + [0xAC, 2])),
    (with(\.flags, [true, false]), Wire.bytes(19, [1, 0])),
    (with(\.colors, [.red, Test_Color(rawValue: 99)]), Wire.bytes(20, [1, 99])),
    (with(\.names, ["a", "", "c"]), Wire.string(21, "a") + Wire.string(21, "") + Wire.string(21, "c")),
    (with(\.blobs, [[], [0]]), Wire.bytes(22, []) + Wire.bytes(22, [0])),
    (with(\.leaves, [Leaf("x"), Leaf()]), Wire.bytes(23, Wire.string(1, "x")) + Wire.bytes(23, [])),
    (with(\.counts, ["k": -1]), Wire.bytes(24, Wire.string(1, "k") + Wire.number(2, .max))),
    (with(\.leavesByNumber, [5: Leaf("v")]), Wire.bytes(25, Wire.number(1, 5) + Wire.bytes(2, Wire.string(1, "v")))),
    (with(\.choice, .choiceNumber(0)), Wire.number(26, 0)),
    (with(\.choice, .choiceText("")), Wire.string(27, "")),
    (with(\.choice, .choiceText("t")), Wire.string(27, "t")),
    (with(\.choice, .choiceLeaf(Leaf("l"))), Wire.bytes(28, Wire.string(1, "l"))),
    (with(\.maybeNumber, 0), Wire.number(29, 0)),
    (with(\.maybeText, ""), Wire.string(30, "")),
    (with(\.maybeText, "m"), Wire.string(30, "m")),
  ]

  static func with<Value>(_ field: WritableKeyPath<Everything, Value>, _ value: Value) -> Everything {
    var message = Everything()
    message[keyPath: field] = value
    return message
  }

  @Test(arguments: fields)
  func fieldIsWrittenAsDocumented(_ message: Everything, _ bytes: [UInt8]) {
    #expect(message.serializedBytes() == bytes)
  }

  @Test(arguments: fields)
  func fieldIsReadBack(_ message: Everything, _ bytes: [UInt8]) throws {
    #expect(try Everything(serializedBytes: bytes) == message)
  }

  @Test func allFieldsTogetherMakeTheRoundTrip() throws {
    let message = Everything.full
    #expect(try Everything(serializedBytes: message.serializedBytes()) == message)
  }

  @Test func defaultsTakeNoBytes() throws {
    #expect(Everything().serializedBytes() == [])
    #expect(try Everything(serializedBytes: []) == Everything())
  }

  @Test func moreStringsThanTheEncoderKeepsInlineStayInOrder() throws {
    let names = (0..<1000).map { "name \($0) with a text that is not stored inline" }
    let message = Self.with(\.names, names)
    #expect(message.serializedBytes() == names.flatMap { Wire.string(21, $0) })
  }

  @Test func packedAndUnpackedNumbersMix() throws {
    let bytes = Wire.number(18, 1) + Wire.bytes(18, [2, 3]) + Wire.number(18, 4)
    #expect(try Everything(serializedBytes: bytes).numbers == [1, 2, 3, 4])
  }

  @Test func laterValueWins() throws {
    #expect(try Leaf(serializedBytes: Wire.string(1, "first") + Wire.string(1, "second")).name == "second")
    let entries = [1, 2].flatMap { Wire.bytes(24, Wire.string(1, "k") + Wire.number(2, $0)) }
    #expect(try Everything(serializedBytes: entries).counts == ["k": 2])
    let choices = Wire.string(27, "text") + Wire.number(26, 1)
    #expect(try Everything(serializedBytes: choices).choice == .choiceNumber(1))
  }

  @Test func entryWithoutKeyAndValueHasDefaults() throws {
    #expect(try Everything(serializedBytes: Wire.bytes(25, [])).leavesByNumber == [0: Leaf()])
  }

  @Test func unknownFieldsAreSkipped() throws {
    let unknown =
      Wire.number(2, 7) + Wire.tag(3, wireType: 1) + [1, 2, 3, 4, 5, 6, 7, 8]
      + Wire.string(4, "unknown") + Wire.tag(5, wireType: 5) + [1, 2, 3, 4] + Wire.string(536_870_911, "largest")
    #expect(try Leaf(serializedBytes: unknown + Wire.string(1, "known") + unknown).name == "known")
  }
}

extension Everything {
  /// A message with something in every field.
  static let full: Everything = {
    var message = Everything()
    message.int32Value = .min
    message.int64Value = .min
    message.uint32Value = .max
    message.uint64Value = .max
    message.sint32Value = .min
    message.sint64Value = .min
    message.fixed32Value = 1
    message.fixed64Value = 2
    message.sfixed32Value = -3
    message.sfixed64Value = -4
    message.floatValue = 0.5
    message.doubleValue = -0.25
    message.boolValue = true
    message.text = "a\0b"
    message.data = [0, 1, 2, 0xFF]
    message.color = .red
    message.leaf = Leaf("leaf")
    message.numbers = Array(-50..<50)
    message.flags = [true, false, true]
    message.colors = [.red, .blue]
    message.names = ["", "two", "three with a text that is not stored inline"]
    message.blobs = [[], [0], [1, 2]]
    message.leaves = [Leaf(), Leaf("second")]
    message.counts = ["": 0, "one": 1, "minus one": -1]
    message.leavesByNumber = [-1: Leaf(), 7: Leaf("seven")]
    message.choice = .choiceLeaf(Leaf("chosen"))
    message.maybeNumber = 0
    message.maybeText = ""
    return message
  }()
}
