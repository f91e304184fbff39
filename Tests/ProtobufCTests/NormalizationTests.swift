internal import ProtobufC
internal import Testing

/// The rules of protobuf that protobuf-c does not follow by itself.
@Suite struct NormalizationTests {
  private func group(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
    Wire.tag(field, wireType: 3) + content + Wire.tag(field, wireType: 4)
  }

  private static let unknownFields: [[UInt8]] = [
    Wire.number(99, 7),
    Wire.string(99, "text"),
    Wire.tag(99, wireType: 5) + [1, 2, 3, 4],
    Wire.tag(99, wireType: 1) + [1, 2, 3, 4, 5, 6, 7, 8],
    Wire.tag(99, wireType: 3) + Wire.number(1, 1) + Wire.tag(99, wireType: 4),
    Wire.tag(99, wireType: 3) + Wire.tag(1, wireType: 3) + Wire.tag(1, wireType: 4) + Wire.tag(99, wireType: 4),
    // Known, but a string: its number has another wire type.
    Wire.number(1, 5),
    Wire.tag(1, wireType: 3) + Wire.tag(1, wireType: 4),
    // The number that an outline uses for itself.
    Wire.bytes(19_000, [1, 2, 3]),
  ]

  @Test(arguments: unknownFields)
  func unknownFieldMakesTheRoundTrip(_ unknown: [UInt8]) throws {
    let leaf = try Leaf(serializedBytes: unknown + Wire.string(1, "known") + unknown)
    #expect(leaf.name == "known")
    #expect(leaf.serializedBytes() == Wire.string(1, "known") + unknown + unknown)
    let node = try Node(serializedBytes: Wire.bytes(3, unknown.map { $0 }))
    #expect(node.serializedBytes() == (try Node(serializedBytes: node.serializedBytes())).serializedBytes())
  }

  @Test func unknownFieldsOfSubMessagesAreKept() throws {
    let bytes = Wire.bytes(17, Wire.string(1, "leaf") + Wire.number(99, 1)) + Wire.number(98, 2)
    let everything = try Everything(serializedBytes: bytes)
    #expect(everything.leaf?.unknownFields.byteCount == 3)
    #expect(everything.unknownFields.byteCount == 3)
    #expect(everything.serializedBytes() == bytes)
    #expect(everything != (try Everything(serializedBytes: Wire.bytes(17, Wire.string(1, "leaf")))))
  }

  @Test func unknownFieldsTakeNoMoreThanAReferenceARun() throws {
    let unknown = Wire.repeated(Wire.number(99, 7), count: 100_000)
    let leaf = try Leaf(serializedBytes: unknown, limits: DecodingLimits(maxMemoryBytes: 2 << 10))
    #expect(leaf.unknownFields.byteCount == unknown.count)
  }

  @Test(arguments: [
    Wire.tag(99, wireType: 3),
    Wire.tag(99, wireType: 4),
    Wire.tag(99, wireType: 3) + Wire.tag(98, wireType: 4),
    Wire.tag(99, wireType: 3) + Wire.tag(98, wireType: 3) + Wire.tag(99, wireType: 4) + Wire.tag(98, wireType: 4),
  ])
  func groupThatDoesNotEndIsRefused(_ bytes: [UInt8]) {
    let error = #expect(throws: BinaryDecodingError.self) { try Leaf(serializedBytes: bytes) }
    #expect(error?.code == .malformed)
    #expect(throws: BinaryDecodingError.self) { try Everything(serializedBytes: Wire.bytes(17, bytes)) }
  }

  @Test func groupsNestWithinTheLimit() throws {
    func nested(_ levels: Int) -> [UInt8] {
      Wire.repeated(Wire.tag(99, wireType: 3), count: levels)
        + Wire.repeated(Wire.tag(99, wireType: 4), count: levels)
    }
    #expect(try Leaf(serializedBytes: nested(100)).unknownFields.byteCount == 400)
    let error = #expect(throws: BinaryDecodingError.self) { try Leaf(serializedBytes: nested(101)) }
    #expect(error?.code == .tooDeep)
  }

  @Test func subMessageMayComeAsAGroup() throws {
    let everything = try Everything(serializedBytes: group(17, Wire.string(1, "leaf") + group(99, [])))
    #expect(everything.leaf?.name == "leaf")
    #expect(everything.leaf?.unknownFields.byteCount == 4)
  }

  @Test func occurrencesOfASubMessageAreMerged() throws {
    func next(_ content: [UInt8]) -> [UInt8] { Wire.bytes(2, content) }
    let bytes =
      next(Wire.string(1, "first") + Wire.bytes(3, Wire.string(1, "a")) + next(Wire.string(1, "inner")))
      + Wire.string(1, "outer")
      + next(Wire.string(1, "second") + Wire.bytes(3, Wire.string(1, "b")) + next(Wire.bytes(3, [])))
      + group(2, Wire.bytes(3, Wire.string(1, "c")))
    let node = try Node(serializedBytes: bytes)
    #expect(node.label == "outer")
    let merged = try #require(node.next)
    let inner = try #require(merged.next)
    #expect(merged.label == "second")
    #expect(merged.children.map(\.label) == ["a", "b", "c"])
    #expect(inner.label == "inner")
    #expect(inner.children == [Node()])
  }

  @Test func occurrenceIsNotCompletedByTheNext() {
    // A string of five bytes of which three are there, and two more in the next occurrence.
    let bytes = Wire.bytes(17, [0x0A, 5, 0x61, 0x62, 0x63]) + Wire.bytes(17, [0x12, 0])
    let error = #expect(throws: BinaryDecodingError.self) { try Test_Everything(serializedBytes: bytes) }
    #expect(error?.code == .malformed)
  }

  @Test func occurrencesOfAMemberOfAOneOfAreMerged() throws {
    func choice(_ content: [UInt8]) -> [UInt8] { Wire.bytes(28, content) }
    let unknown = Wire.number(99, 1)
    let bytes = choice(Wire.string(1, "leaf")) + Wire.number(1, 5) + choice(unknown) + choice([])
    let merged = try Test_Everything(serializedBytes: bytes)
    #expect(merged.int32Value == 5)
    guard case .choiceLeaf(let leaf) = merged.choice else {
      Issue.record("the one-of has another member")
      return
    }
    #expect(leaf.name == "leaf")
    #expect(leaf.unknownFields.byteCount == unknown.count)
    // Another member between them makes the last one new, and the two after it are merged again.
    let again = Wire.number(26, 1) + choice(unknown) + choice(unknown)
    guard case .choiceLeaf(let new) = try Test_Everything(serializedBytes: bytes + again).choice else {
      Issue.record("the one-of has another member")
      return
    }
    #expect(new.name == "")
    #expect(new.unknownFields.byteCount == 2 * unknown.count)
  }

  @Test func memberOfAOneOfWithAnotherWireTypeIsNotOfTheOneOf() throws {
    // choice_number with the wire type of a fixed32, which is unknown.
    let unknown = Wire.tag(26, wireType: 5) + [1, 2, 3, 4]
    let bytes = Wire.bytes(28, Wire.string(1, "leaf")) + unknown + Wire.bytes(28, Wire.number(99, 1))
    let merged = try Everything(serializedBytes: bytes)
    guard case .choiceLeaf(let leaf) = merged.choice else {
      Issue.record("the one-of has another member")
      return
    }
    #expect(leaf.name == "leaf")
    #expect(leaf.unknownFields.byteCount == 3)
    #expect(merged.unknownFields.byteCount == unknown.count)
  }

  @Test func memberOfAOneOfThatComesAgainAfterAnotherIsNew() throws {
    let leaf = Wire.bytes(28, Wire.string(1, "leaf"))
    #expect(try Everything(serializedBytes: leaf + Wire.number(26, 1)).choice == .choiceNumber(1))
    #expect(
      try Everything(serializedBytes: leaf + Wire.number(26, 1) + Wire.bytes(28, [])).choice == .choiceLeaf(Leaf())
    )
  }

  @Test func negativeZeroIsSent() throws {
    var everything = Everything()
    everything.floatValue = -0.0
    everything.doubleValue = -0.0
    let bytes = everything.serializedBytes()
    #expect(bytes == [0x5D, 0, 0, 0, 0x80, 0x61, 0, 0, 0, 0, 0, 0, 0, 0x80])
    let decoded = try Everything(serializedBytes: bytes)
    #expect(decoded.floatValue.sign == .minus)
    #expect(decoded.doubleValue.sign == .minus)
    #expect(decoded.unknownFields.isEmpty)
  }

  @Test func descriptionIsInTextFormat() {
    var everything = Everything()
    everything.int32Value = -1
    everything.text = "a\"\n\0é"
    everything.data = [0x61, 0xFF]
    everything.color = .red
    everything.leaf = Leaf("leaf")
    everything.names = ["one", "two"]
    everything.choice = .choiceNumber(0)
    #expect(
      everything.debugDescription == #"""
        int32_value: -1
        text: "a\"\n\000é"
        data: "a\377"
        color: COLOR_RED
        leaf {
          name: "leaf"
        }
        names: "one"
        names: "two"
        choice_number: 0

        """#
    )
    #expect(Everything().debugDescription == "")
  }
}
