/// Reads tags and lengths of protobuf's wire format.
struct WireReader {
  /// A place in the message.
  struct Place {
    var piece: Int
    var offsetInPiece: Int
    var offset: Int
  }

  /// A stretch of the message that is read by itself.
  struct Section {
    var start: Place

    /// The position of its end, from the start of the message.
    var end: Int
  }

  let source: ByteSource
  private var bytes: UnsafeRawBufferPointer

  /// The position of the next byte to read: not beyond ``end``.
  private(set) var place = Place(piece: 0, offsetInPiece: 0, offset: 0)

  /// The position at which reading stops, from the start of the message.
  private(set) var end: Int

  init(_ source: ByteSource) {
    self.source = source
    bytes = source.piece(0)
    end = source.byteCount
  }

  var isAtEnd: Bool { place.offset == end }

  /// Stops reading earlier than before, and returns where reading stopped before, for ``widen(to:)``.
  mutating func narrow(toNext byteCount: Int) -> Int {
    defer { end = place.offset + byteCount }
    return end
  }

  /// Undoes ``narrow(toNext:)``.
  mutating func widen(to end: Int) {
    self.end = end
  }

  /// The next bytes, of which there are enough before ``end``.
  func section(byteCount: Int) -> Section { Section(start: place, end: place.offset + byteCount) }

  /// The bytes that are left.
  var rest: Section { Section(start: place, end: end) }

  /// Moves to a section of the same message: reading starts at its start, and stops at its end.
  mutating func move(to section: Section) {
    place = section.start
    end = section.end
    bytes = source.piece(place.piece)
  }

  /// Reads a field's number and wire type.
  @inline(__always)
  mutating func tag() throws(DecodingFailure) -> WireTag {
    let value = try varint(maximumByteCount: 5)
    let number = value >> 3
    guard
      number > 0, number <= WireFormat.largestFieldNumber,
      let wireType = WireType(rawValue: UInt8(truncatingIfNeeded: value & 7))
    else { throw .malformed }
    return WireTag(number: UInt32(number), wireType: wireType)
  }

  /// Reads a length, and sees that as many bytes follow.
  @inline(__always)
  mutating func length() throws(DecodingFailure) -> Int {
    let length = try varint(maximumByteCount: 5)
    guard length <= end - place.offset else { throw .malformed }
    return Int(length)
  }

  /// Passes over bytes, of which there are enough before ``end``.
  mutating func skip(byteCount: Int) {
    place.offset += byteCount
    place.offsetInPiece += byteCount
    // The sum of the pieces is at least `end`, so that there is a next one as long as the place is beyond this one.
    while place.offsetInPiece > bytes.count {
      place.offsetInPiece -= bytes.count
      place.piece += 1
      bytes = source.piece(place.piece)
    }
  }

  /// Passes over the value of a field whose tag has been read, and that is not a group.
  ///
  /// ``GroupEnds/skipValue(of:in:levels:)`` passes over groups too.
  mutating func skipValue(of wireType: WireType) throws(DecodingFailure) {
    switch wireType {
    case .varint: _ = try varint(maximumByteCount: 10)
    case .fixed64: try skipFixed(byteCount: 8)
    case .fixed32: try skipFixed(byteCount: 4)
    case .lengthPrefixed: skip(byteCount: try length())
    case .groupStart, .groupEnd: throw .malformed
    }
  }

  private mutating func skipFixed(byteCount: Int) throws(DecodingFailure) {
    guard byteCount <= end - place.offset else { throw .malformed }
    skip(byteCount: byteCount)
  }

  @inline(__always)
  private mutating func varint(maximumByteCount: Int) throws(DecodingFailure) -> UInt64 {
    // Nearly always the number is one byte of the current piece.
    if place.offset < end, place.offsetInPiece < bytes.count {
      let byte = bytes[place.offsetInPiece]
      if byte < 0x80 {
        place.offset += 1
        place.offsetInPiece += 1
        return UInt64(byte)
      }
    }
    return try longVarint(maximumByteCount: maximumByteCount)
  }

  private mutating func longVarint(maximumByteCount: Int) throws(DecodingFailure) -> UInt64 {
    var value: UInt64 = 0
    let end = min(end, place.offset + maximumByteCount)
    var shift: UInt64 = 0
    while place.offset < end {
      while place.offsetInPiece == bytes.count {
        // Not the last piece, because there are bytes left.
        place.piece += 1
        place.offsetInPiece = 0
        bytes = source.piece(place.piece)
      }
      let byte = bytes[place.offsetInPiece]
      place.offset += 1
      place.offsetInPiece += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw .malformed
  }
}

extension WireReader {
  /// The tag that some fields begin with, and its size.
  static func firstTag(of fields: [UInt8]) -> (tag: WireTag, byteCount: Int)? {
    fields.withUnsafeBytes { bytes in
      var reader = WireReader(ByteSource(bytes))
      guard let tag = try? reader.tag() else { return nil }
      return (tag, reader.place.offset)
    }
  }
}
