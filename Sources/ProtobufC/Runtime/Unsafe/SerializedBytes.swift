/// The bytes of a serialized message, in one piece or in several that follow each other.
///
/// A transport receives a large message in pieces. Decoding reads them where they lie, without joining them.
public struct SerializedBytes: ~Copyable, ~Escapable {
  @usableFromInline let source: ByteSource

  /// Takes bytes that are in one piece.
  ///
  /// - Parameter bytes: The message on the wire, nothing before or after it.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan) {
    // The pointer outlives the closure, but not this value, whose lifetime is that of the span.
    source = ByteSource(bytes.withUnsafeBytes { $0 })
  }

  /// Takes pieces that follow each other.
  ///
  /// - Parameter pieces: The pieces. They, and the memory that they are of, must live as long as this value.
  @_lifetime(borrow pieces)
  @usableFromInline
  package init(unsafePieces pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) {
    source = ByteSource(pieces: pieces)
  }

  /// The size of the message, in bytes.
  public var byteCount: Int { source.byteCount }
}
