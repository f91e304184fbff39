/// The location of a field's content, which an outline has in place of the content.
struct ContentReference {
  /// The address of the first byte.
  private let start: UnsafeRawPointer

  private let count: UInt32

  /// The piece that the content begins in, if it continues in the next.
  private let firstPiece: UInt32

  private static var inOnePiece: UInt32 { .max }

  /// The number of bytes that a reference takes in an outline.
  static var byteCount: Int { MemoryLayout<ContentReference>.size }

  /// Refers to the next bytes of a message.
  ///
  /// - Parameters:
  ///   - byteCount: The number of bytes: at least one, and no more than there are.
  ///   - place: The place of the first one.
  ///   - source: The message.
  init?(byteCount: Int, from place: WireReader.Place, in source: ByteSource) {
    var index = place.piece
    var offset = place.offsetInPiece
    while offset == source.piece(index).count {
      index += 1
      offset = 0
    }
    let piece = source.piece(index)
    guard let start = piece.baseAddress, let count = UInt32(exactly: byteCount) else { return nil }
    self.start = start + offset
    self.count = count
    firstPiece = byteCount <= piece.count - offset ? Self.inOnePiece : UInt32(index)
  }

  /// Reads the reference that stands in a decoded field.
  ///
  /// - Parameter bytes: The bytes that protobuf-c decoded, which it found in an outline: an ``OutlineWriter`` writes
  ///   nothing but references in such fields.
  init(in bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == Self.byteCount, "a field's content is not a reference")
    self = bytes.loadUnaligned(as: ContentReference.self)
  }

  /// The number of bytes.
  var byteCount: Int { Int(count) }

  /// The bytes, if they are in one piece.
  var onePiece: UnsafeRawBufferPointer? {
    guard firstPiece == Self.inOnePiece else { return nil }
    // `init` found this many bytes there.
    return UnsafeRawBufferPointer(start: start, count: byteCount)
  }

  /// Calls a function with each piece of the bytes.
  ///
  /// - Parameter source: The message that the reference is to.
  func forEachPiece(in source: ByteSource, _ body: (UnsafeRawBufferPointer) -> Void) {
    if let onePiece { return body(onePiece) }
    var index = Int(firstPiece)
    var rest = byteCount
    while rest > 0 {
      var piece = source.piece(index)
      if index == Int(firstPiece), let base = piece.baseAddress {
        piece = UnsafeRawBufferPointer(rebasing: piece[(start - base)...])
      }
      let taken = UnsafeRawBufferPointer(rebasing: piece.prefix(rest))
      body(taken)
      rest -= taken.count
      index += 1
    }
  }
}
