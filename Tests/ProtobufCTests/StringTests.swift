internal import ProtobufC
internal import Testing

@Suite struct StringTests {
  static let texts = [
    "",
    "hello",
    "a\0b",
    "\0",
    "\0\0tail",
    "👨‍👩‍👧‍👦 family",
    "e\u{301} \u{1112}\u{1161}\u{11AB} combining",
    "\u{FEFF}byte order mark",
    "\u{10FFFF}\u{7FF}\u{800}\u{FFFF}",
  ]

  @Test(arguments: texts)
  func stringIsWrittenAsItsUTF8(_ text: String) {
    #expect(Leaf(text).serializedBytes() == (text.isEmpty ? [] : Wire.string(1, text)))
  }

  @Test(arguments: texts)
  func stringIsReadBackUnchanged(_ text: String) throws {
    let read = try Leaf(serializedBytes: Wire.string(1, text)).name
    // `==` between strings is canonical equivalence, which is not enough here.
    #expect(Array(read.utf8) == Array(text.utf8))
  }

  @Test func shortAndLongContentIsEncodedInItsPlace() throws {
    let lengths = [65, 1, 64, 0, 300, 63, 66, 64]
    let message = Everything.with {
      $0.names = lengths.map { String(repeating: "n", count: $0) }
      $0.blobs = lengths.map { [UInt8](repeating: UInt8($0 & 0xFF), count: $0) }
    }
    #expect(try Everything(serializedBytes: message.serializedBytes()) == message)
  }

  /// The first 4 KiB are copied, markers stand for the rest, and protobuf-c packs a message with markers in another
  /// way.
  @Test(arguments: [[4095], [4096], [4097], [4000, 96], [4000, 97, 96, 1], [5000, 3, 4093, 1], [1, 5000, 5000, 1]])
  func contentIsEncodedWhetherOrNotItIsCopied(_ lengths: [Int]) {
    let names = lengths.map { String(repeating: "n", count: $0) }
    let message = Everything.with {
      $0.int32Value = 7
      $0.names = names
      $0.leaves = names.map { Leaf($0) }
      $0.numbers = Array(repeating: -1, count: 100)
    }
    let expected =
      Wire.number(1, 7) + Wire.bytes(18, Array(repeating: Wire.varint(.max), count: 100).flatMap { $0 })
      + names.flatMap { Wire.string(21, $0) } + names.flatMap { Wire.bytes(23, Wire.string(1, $0)) }
    #expect(message.serializedBytes() == expected)
  }

  @Test func threeMebibytesSurvive() throws {
    let text = String(repeating: "å\0🧮", count: 3 << 17)
    #expect(text.utf8.count > 2 << 20)
    let bytes = Leaf(text).serializedBytes()
    #expect(bytes == Wire.string(1, text))
    #expect(try Leaf(serializedBytes: bytes).name.utf8.elementsEqual(text.utf8))
  }

  @Test func substringSharesNothingThatMatters() throws {
    let text = String("0123456789 a long text that is not stored inline".dropFirst(11))
    #expect(Leaf(text).serializedBytes() == Wire.string(1, text))
  }

  @Test(
    arguments: [
      [0x80],
      [0x61, 0xBF],
      [0xC3],
      [0xC0, 0x80],
      [0xC1, 0xBF],
      [0xE0, 0x80, 0x80],
      [0xE2, 0x82],
      [0xED, 0xA0, 0x80],
      [0xED, 0xBF, 0xBF],
      [0xF0, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80],
      [0xF8, 0x88, 0x80, 0x80, 0x80],
      [0xFF],
    ] as [[UInt8]]
  )
  func invalidUTF8IsRefusedWithTheFieldsName(_ content: [UInt8]) {
    let error = #expect(throws: BinaryDecodingError.self) { try Leaf(serializedBytes: Wire.bytes(1, content)) }
    #expect(error?.code == .invalidUTF8)
    #expect(error?.message == "field test.Leaf.name is not valid UTF-8")
  }

  @Test(arguments: [
    ("test.Everything.text", Wire.bytes(14, [0xFF])),
    ("test.Everything.names", Wire.string(21, "good") + Wire.bytes(21, [0xFF])),
    ("test.Leaf.name", Wire.bytes(17, Wire.bytes(1, [0xFF]))),
    ("test.Everything.CountsEntry.key", Wire.bytes(24, Wire.bytes(1, [0xFF]))),
    ("test.Everything.choice_text", Wire.bytes(27, [0xFF])),
    ("test.Everything.maybe_text", Wire.bytes(30, [0xFF])),
  ])
  func invalidUTF8IsRefusedInEveryKindOfString(_ field: String, _ bytes: [UInt8]) {
    let error = #expect(throws: BinaryDecodingError.self) { try Everything(serializedBytes: bytes) }
    #expect(error == BinaryDecodingError(code: .invalidUTF8, message: "field \(field) is not valid UTF-8"))
  }

  @Test func invalidUTF8IsFineInBytes() throws {
    #expect(try Everything(serializedBytes: Wire.bytes(15, [0xFF, 0])).data == [0xFF, 0])
  }
}
