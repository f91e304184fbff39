internal import Testing

@testable internal import ProtobufC

@Suite struct PiecesTests {
  /// Decodes bytes that are cut into pieces of the given size, each with memory of its own.
  private func decode<Layout: MessageLayout>(
    _ bytes: [UInt8],
    as layout: Layout.Type,
    inPiecesOf size: Int
  ) throws(BinaryDecodingError) -> Layout.Value {
    var pieces: [UnsafeRawBufferPointer] = []
    defer { for piece in pieces { piece.deallocate() } }
    for start in stride(from: 0, to: bytes.count, by: size) {
      let content = bytes[start..<min(start + size, bytes.count)]
      let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 1)
      piece.copyBytes(from: content)
      pieces.append(UnsafeRawBufferPointer(piece))
      // Transports may pass on empty pieces too.
      pieces.append(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return try pieces.withUnsafeBufferPointer { (pieces) throws(BinaryDecodingError) in
      try layout.decode(SerializedBytes(unsafePieces: pieces), limits: DecodingLimits())
    }
  }

  @Test(arguments: [1, 2, 3, 7, 16, 100, 100_000])
  func messageDoesNotDependOnItsPieces(size: Int) throws {
    let bytes = Everything.full.serializedBytes()
    #expect(try decode(bytes, as: Everything.Layout.self, inPiecesOf: size) == Everything.full)
  }

  @Test(arguments: [1, 2, 3, 5])
  func textIsValidatedAcrossPieces(size: Int) throws {
    let text = "a\0é€😀z"
    #expect(try decode(Wire.string(1, text), as: Leaf.Layout.self, inPiecesOf: size).name == text)
    // The last one is as long as what a repairing initializer puts in its place.
    for invalid in [[0xC3], [0x61, 0xFF], [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98]] as [[UInt8]] {
      let error = #expect(throws: BinaryDecodingError.self) {
        try decode(Wire.bytes(1, invalid), as: Leaf.Layout.self, inPiecesOf: size)
      }
      #expect(error?.code == .invalidUTF8)
    }
  }

  @Test(arguments: [1, 4])
  func everyTruncationIsRefusedInPiecesToo(size: Int) throws {
    let bytes = Everything.full.serializedBytes()
    for count in stride(from: 1, to: bytes.count, by: 3) {
      let truncated = Array(bytes.prefix(count))
      let whole = try? Everything(serializedBytes: truncated)
      let pieces = try? decode(truncated, as: Everything.Layout.self, inPiecesOf: size)
      #expect(pieces == whole)
    }
  }

  @Test func unknownFieldsAreKeptAcrossPieces() throws {
    let unknown = Wire.string(4, "unknown") + Wire.number(5, 300)
    let leaf = try decode(unknown + Wire.string(1, "known"), as: Leaf.Layout.self, inPiecesOf: 2)
    #expect(leaf.serializedBytes() == Wire.string(1, "known") + unknown)
  }

  @Test(arguments: [1 << 20, 8192])
  func contentIsCopiedOnce(pieceSize: Int) throws {
    // Decoding may take 4 KiB: there is no room for a second copy of 1 MiB.
    let text = String(repeating: "x", count: 1 << 20)
    let bytes = Wire.string(14, text) + Wire.string(15, text)
    let limits = DecodingLimits(maxMemoryBytes: 4 << 10)
    let everything = try Everything(serializedBytes: bytes, limits: limits)
    #expect(everything.text == text)
    #expect(everything.data == Array(text.utf8))
    #expect(try decode(bytes, as: Everything.Layout.self, inPiecesOf: pieceSize) == everything)
  }
}
