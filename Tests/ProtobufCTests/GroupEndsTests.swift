internal import Testing

@testable internal import ProtobufC

private func group(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
  Wire.tag(field, wireType: 3) + content + Wire.tag(field, wireType: 4)
}

/// The work of passing over groups, in bytes that are read.
@Suite struct GroupEndsTests {
  /// Returns the number of bytes that are read to pass over the groups of a `Node`.
  private func skippedByteCount(_ bytes: [UInt8]) throws -> Int {
    try bytes.withUnsafeBytes { bytes in
      try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 16) { scratch in
        var arena = Arena(scratch: scratch, budget: .max, heap: .system)
        let count = try OutlineWriter.outline(
          of: ByteSource(bytes),
          as: Node.Layout.schema.descriptor,
          limits: DecodingLimits(maxStackBytes: 4 << 20),
          in: &arena
        ).skippedByteCount
        extendLifetime(arena)
        return count
      }
    }
  }

  /// Small fields in as many groups, each within the next.
  private func nested(field: UInt64, levels: Int, byteCount: Int) -> [UInt8] {
    var bytes = Array([UInt8](repeating: 0, count: byteCount / 3).map { _ in Wire.tag(99, wireType: 0) + [1] }.joined())
    for _ in 0..<levels { bytes = group(field, bytes) }
    return bytes
  }

  @Test("The bytes within nested groups are read once, however deep", arguments: [1, 10, 49, 90])
  func nestedGroups(levels: Int) throws {
    let bytes = nested(field: 2, levels: levels, byteCount: 9_000)
    #expect(try skippedByteCount(bytes) <= bytes.count)
    // Groups that each level has beside its sub-message: one that a scan passes over, and one that is unknown.
    var siblings: [UInt8] = []
    for _ in 0..<levels {
      let unknown = nested(field: 98, levels: 3, byteCount: 300)
      siblings = group(2, group(97, unknown) + siblings + unknown)
    }
    #expect(try skippedByteCount(siblings) <= 3 * siblings.count)
  }

  @Test("Groups with hardly any bytes are read a bounded number of times")
  func smallGroups() throws {
    let bytes = nested(field: 2, levels: 90, byteCount: 30)
    #expect(try skippedByteCount(bytes) <= 16 * bytes.count)
    let many = Wire.repeated(Wire.bytes(3, bytes), count: 20)
    #expect(try skippedByteCount(many) <= 16 * many.count)
  }

  /// The ways of a peer to have the same bytes read again and again.
  enum Shape: CaseIterable {
    /// A sub-message with groups, and a group after it.
    case groupAfterSubMessage
    case groupAfterGroupsOfEachLevel
    case groupsInSubMessagesInGroups
    case subMessagesInParts
    case groupsInParts
    case partsOfBothKinds
    case partsWithGroupsBetween
    case groupsInAListOfGroups
    case groupsInEntriesOfMaps
    case unknownGroups
    case unknownGroupsOfEachLevel

    func bytes(levels: Int, byteCount: Int) -> [UInt8] {
      let small = Wire.number(99, 1)
      let fields = Wire.repeated(small, count: byteCount / small.count)
      let innermost = group(2, fields) + group(97, fields)
      return (0..<levels).reduce(innermost) { inner, level in
        switch self {
        case .groupAfterSubMessage:
          level == levels - 1 ? Wire.bytes(2, inner) + group(97, small) : group(2, inner)
        case .groupAfterGroupsOfEachLevel: group(2, inner) + group(97, small)
        case .groupsInSubMessagesInGroups: level.isMultiple(of: 2) ? group(2, inner) : Wire.bytes(2, inner)
        case .subMessagesInParts: Wire.bytes(2, inner) + Wire.bytes(2, Wire.bytes(3, []))
        case .groupsInParts: group(2, inner) + group(2, group(3, small))
        case .partsOfBothKinds:
          level.isMultiple(of: 2)
            ? Wire.bytes(2, group(2, small)) + group(2, inner) : group(2, small) + Wire.bytes(2, inner)
        case .partsWithGroupsBetween: group(97, small) + group(2, inner) + group(97, small) + group(2, small)
        case .groupsInAListOfGroups: group(3, group(2, small)) + group(3, inner) + group(2, small)
        case .groupsInEntriesOfMaps: level.isMultiple(of: 2) ? group(2, inner) : Wire.bytes(4, inner) + group(97, small)
        case .unknownGroups: level > 0 && level == levels - 1 ? group(2, inner) + group(2, small) : group(98, inner)
        case .unknownGroupsOfEachLevel: group(97, small) + group(2, inner) + group(98, group(97, small))
        }
      }
    }
  }

  @Test(
    "The bytes of hostile groups are read a bounded number of times",
    arguments: Shape.allCases,
    [1, 2, 10, 20, 45, 90]
  )
  func hostileGroups(_ shape: Shape, levels: Int) throws {
    for byteCount in [3_000, 6_000, 12_000] {
      let bytes = shape.bytes(levels: levels, byteCount: byteCount)
      #expect(try skippedByteCount(bytes) <= 2 * bytes.count)
    }
    // With hardly anything but tags, a group is not worth a record.
    let bytes = shape.bytes(levels: levels, byteCount: 3)
    #expect(try skippedByteCount(bytes) <= 16 * bytes.count)
  }

  @Test("Groups in the content of strings and bytes, such as that of an Any, are not read")
  func groupsInContent() throws {
    let groups = nested(field: 2, levels: 50, byteCount: 3_000)
    let bytes = Wire.bytes(2, Wire.bytes(1, groups)) + Wire.bytes(99, groups)
    #expect(try skippedByteCount(bytes) == 0)
  }

  @Test("Hostile groups that are malformed or too deep are refused", arguments: Shape.allCases)
  func malformedGroups(_ shape: Shape) throws {
    let limits = DecodingLimits(maxStackBytes: 4 << 20)
    func code(_ bytes: [UInt8]) throws -> BinaryDecodingError.Code? {
      #expect(throws: BinaryDecodingError.self) { try Node(serializedBytes: bytes, limits: limits) }?.code
    }
    let bytes = shape.bytes(levels: 20, byteCount: 300)
    #expect(throws: Never.self) { try Node(serializedBytes: bytes, limits: limits) }
    #expect(try code(Array(group(2, bytes).dropLast())) == .malformed)
    #expect(try code(bytes + Wire.tag(2, wireType: 4)) == .malformed)
    #expect(try code(Wire.bytes(2, bytes + Wire.tag(2, wireType: 4)) + Wire.bytes(2, [])) == .malformed)
    #expect(try code(Wire.bytes(2, Wire.tag(2, wireType: 3)) + bytes + Wire.tag(2, wireType: 4)) == .malformed)
    #expect(try code(shape.bytes(levels: 101, byteCount: 300)) == .tooDeep)
    // A limit is as exact for groups that have been passed over before.
    #expect(try code(group(2, []) + group(2, shape.bytes(levels: 99, byteCount: 300) + group(2, []))) == .tooDeep)
  }

  @Test("Sub-messages in parts are read where they lie, on every level", arguments: [3, 40, 90])
  func partsAreNotCopied(levels: Int) throws {
    let text = String(repeating: "x", count: 1 << 20)
    var message = Wire.string(1, text)
    var expected = Node()
    expected.label = text
    for level in 0..<levels {
      let part = level.isMultiple(of: 3) ? group(2, Wire.bytes(3, [])) : Wire.bytes(2, Wire.bytes(3, []))
      message = Wire.bytes(2, message) + part
      expected.children.append(Node())
      var outer = Node()
      outer.next = expected
      expected = outer
    }
    // The structs of a level take less than 1 KiB.
    let limits = DecodingLimits(maxStackBytes: 4 << 20, maxMemoryBytes: (levels + 8) << 10)
    #expect(try Node(serializedBytes: message, limits: limits) == expected)
  }

  @Test("Parts count towards the limit of memory, unless they are empty")
  func manyParts() throws {
    let part = Wire.bytes(2, Wire.bytes(3, []))
    let parts = Wire.repeated(part, count: 1_000)
    let node = try Node(serializedBytes: parts)
    #expect(node.next?.children.count == 1_000)
    let error = #expect(throws: BinaryDecodingError.self) {
      try Node(serializedBytes: parts, limits: DecodingLimits(maxMemoryBytes: 16 << 10))
    }
    #expect(error?.code == .tooLarge)
    let empty = Wire.repeated(Wire.bytes(2, []), count: 1 << 17)
    #expect(try Node(serializedBytes: empty, limits: DecodingLimits(maxMemoryBytes: 4 << 10)).next == Node())
  }

  /// Writes a message in parts and groups, at random, and makes the changes that each part asks for.
  private func writeAtRandom(_ node: inout Node, levels: Int, _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 0...4, using: &generator) {
      switch Int.random(in: 0..<(levels > 0 ? 6 : 2), using: &generator) {
      case 0:
        node.label = String(repeating: "x", count: Int.random(in: 1...40, using: &generator))
        bytes += Wire.string(1, node.label)
      case 1:
        let fields = Wire.number(99, 1) + group(98, Wire.string(3, "unknown"))
        node.unknownFields.serializedBytes += fields
        bytes += fields
      case 2:
        var child = Node()
        let content = writeAtRandom(&child, levels: levels - 1, &generator)
        node.children.append(child)
        bytes += Bool.random(using: &generator) ? group(3, content) : Wire.bytes(3, content)
      default:
        var next = node.next ?? Node()
        let content = writeAtRandom(&next, levels: levels - 1, &generator)
        node.next = next
        bytes += Bool.random(using: &generator) ? group(2, content) : Wire.bytes(2, content)
      }
    }
    return bytes
  }

  @Test("Parts and groups are merged as they come, in however many pieces", arguments: UInt64(0)..<50)
  func mergedAtRandom(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for size in [1, 3, 10, 1_000, 1 << 20] {
      var expected = Node()
      let bytes = writeAtRandom(&expected, levels: 6, &generator)
      #expect(try decode(bytes, inPiecesOf: size) == expected)
    }
  }

  private func decode(_ bytes: [UInt8], inPiecesOf size: Int) throws -> Node {
    let pieces = stride(from: 0, to: bytes.count, by: size).map { bytes[$0..<min($0 + size, bytes.count)] }
    return try bytes.withUnsafeBytes { bytes in
      // Neighbouring parts of one memory will do for pieces.
      let parts = pieces.map { UnsafeRawBufferPointer(rebasing: bytes[$0.indices]) }
      return try parts.withUnsafeBufferPointer { parts in
        try Node.Layout.decode(SerializedBytes(unsafePieces: parts), limits: DecodingLimits(maxStackBytes: 4 << 20))
      }
    }
  }

  @Test("Nested groups are the sub-messages that they are", arguments: [1, 7, 1_000, 100_000])
  func sameMessage(inPiecesOf size: Int) throws {
    var asGroups: [UInt8] = []
    var asMessages: [UInt8] = []
    for level in 0..<40 {
      let fields = Wire.string(1, String(repeating: "x", count: level * 7))
      let child = Wire.bytes(3, Wire.string(1, "child \(level)"))
      // Each third level has its sub-message in two parts.
      let part = Wire.string(1, "later")
      asGroups = fields + child + group(2, asGroups) + (level.isMultiple(of: 3) ? group(2, part) : [])
      asMessages = fields + child + Wire.bytes(2, asMessages) + (level.isMultiple(of: 3) ? Wire.bytes(2, part) : [])
    }
    let limits = DecodingLimits(maxStackBytes: 4 << 20)
    let expected = try Node(serializedBytes: asMessages, limits: limits)
    #expect(try Node(serializedBytes: asGroups, limits: limits) == expected)
    #expect(try decode(asGroups, inPiecesOf: size) == expected)
  }
}
