/// The memory of a serialized message: one piece or several, which follow each other.
///
/// It holds pointers only: its owner keeps the memory alive.
@usableFromInline
struct ByteSource {
  private let first: UnsafeRawBufferPointer
  private let others: UnsafeBufferPointer<UnsafeRawBufferPointer>

  /// The number of bytes in all pieces.
  let byteCount: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    first = bytes
    others = UnsafeBufferPointer(start: nil, count: 0)
    byteCount = bytes.count
  }

  init(pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    first = pieces.first ?? UnsafeRawBufferPointer(start: nil, count: 0)
    others = UnsafeBufferPointer(rebasing: pieces.dropFirst())
    byteCount = pieces.reduce(0) { $0 + $1.count }
  }

  /// The number of pieces: at least one.
  var pieceCount: Int { 1 + others.count }

  /// A piece, by its number from 0.
  func piece(_ index: Int) -> UnsafeRawBufferPointer {
    precondition(index < pieceCount, "a message has no such piece")
    return index == 0 ? first : others[index - 1]
  }
}
