internal import Testing

@testable internal import ProtobufC

@Suite struct HostileBytesTests {
  @Test(
    arguments: [
      ("a tag without a value", [0x0A]),
      ("a string shorter than its length", [0x0A, 5, 0x61]),
      ("a length of 2 GiB", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07]),
      ("a length of five bytes that does not end", [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]),
      ("a varint that does not end", [0x10, 0x80]),
      ("a varint of eleven bytes", [0x10] + [UInt8](repeating: 0x80, count: 10) + [0]),
      ("a tag that does not end", [0xFA]),
      ("a tag of six bytes", [0xFA, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, 0]),
      ("field number 0", [0x02, 0]),
      ("half a fixed32", [0x15, 1, 2]),
      ("half a fixed64", [0x11, 1, 2, 3, 4]),
      ("wire type 6", [0x0E, 0]),
      ("wire type 7", [0x0F, 0]),
    ] as [(String, [UInt8])]
  )
  func malformedBytesAreRefused(_ what: String, _ bytes: [UInt8]) {
    let leaf = #expect(throws: BinaryDecodingError.self, "\(what)") { try Leaf(serializedBytes: bytes) }
    #expect(leaf?.code == .malformed)
    let node = #expect(throws: BinaryDecodingError.self, "\(what)") { try Node(serializedBytes: bytes) }
    #expect(node?.code == .malformed)
  }

  @Test func everyTruncationIsRefusedOrLeavesOutWholeFields() throws {
    let bytes = Everything.full.serializedBytes()
    let heap = CountingHeap()
    for count in 0..<bytes.count {
      do throws(BinaryDecodingError) {
        _ = try Everything.Layout.decode(
          SerializedBytes(bytes.span.extracting(first: count).bytes),
          limits: .init(),
          heap: heap.heap
        )
      } catch {
        #expect(error.code == .malformed)
      }
      #expect(heap.liveChunks.isEmpty)
    }
  }

  @Test func malformedSubMessageIsRefused() {
    let bytes = Wire.bytes(23, Wire.string(1, "good")) + Wire.bytes(23, [0x0A, 9])
    let error = #expect(throws: BinaryDecodingError.self) { try Everything(serializedBytes: bytes) }
    #expect(error?.code == .malformed)
  }

  @Test func randomBytesNeitherCrashNorLeak() throws {
    var generator = SeededGenerator(seed: 20_240_229)
    let heap = CountingHeap()
    let originals = [Everything.full.serializedBytes(), Self.tree.serializedBytes()]
    var acceptedCount = 0
    for round in 0..<20_000 {
      let bytes = round.isMultiple(of: 4) ? noise(&generator) : mutation(of: originals[round % 2], &generator)
      acceptedCount += try decodeAndCompare(bytes, as: Everything.Layout.self, heap) ? 1 : 0
      acceptedCount += try decodeAndCompare(bytes, as: Node.Layout.self, heap) ? 1 : 0
    }
    #expect(heap.liveChunks.isEmpty)
    // Otherwise the inputs were all refused at their first byte and the test showed nothing.
    #expect(acceptedCount > 1000)
  }

  /// Whether the bytes were accepted; then the value must also survive a round trip.
  private func decodeAndCompare<Layout: MessageLayout>(
    _ bytes: [UInt8],
    as layout: Layout.Type,
    _ heap: CountingHeap
  ) throws -> Bool where Layout.Value: Message {
    guard let value = try? layout.decode(SerializedBytes(bytes.span.bytes), limits: DecodingLimits(), heap: heap.heap)
    else {
      return false
    }
    // Not so with a NaN in it, which is not equal to itself.
    if value == value {
      #expect(try Layout.Value(serializedBytes: value.serializedBytes()) == value, "\(bytes)")
    }
    return true
  }

  private func noise(_ generator: inout SeededGenerator) -> [UInt8] {
    (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private func mutation(of original: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = original
    for _ in 0..<Int.random(in: 1...3, using: &generator) {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 2: bytes.insert(contentsOf: bytes[..<(index / 4)], at: index)
      default: bytes.removeSubrange(index..<min(index + 3, bytes.count - 1))
      }
    }
    return bytes
  }

  private static let tree: Node = {
    var inner = Node()
    inner.label = "inner"
    inner.named = ["a": Node(), "b": Node()]
    var tree = Node()
    tree.next = inner
    tree.children = [Node](repeating: inner, count: 3)
    return tree
  }()
}
