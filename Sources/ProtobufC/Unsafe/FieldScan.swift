/// Goes through the fields of one level of a message, without going into them.
struct FieldScan {
  struct Field {
    var number: UInt32
    var wireType: WireType
    /// The content, if the field is length-prefixed or a group.
    var content: (place: WireReader.Place, byteCount: Int)?
  }

  private var reader: WireReader
  private var current: WireTag?
  private let group: UInt32?

  /// Starts with a field whose tag has been read.
  ///
  /// - Parameters:
  ///   - reader: after that tag.
  ///   - tag: the tag.
  ///   - group: the number of the group that is scanned, or nil if it is a message.
  init(from reader: WireReader, after tag: WireTag, _ group: UInt32?) {
    self.reader = reader
    current = tag
    self.group = group
  }

  /// The next field, or nil at the end of the message or group.
  mutating func next(levels: Int) throws(DecodingFailure) -> Field? {
    let tag: WireTag
    if let current {
      tag = current
    } else {
      guard !reader.isAtEnd else { return nil }
      tag = try reader.tag()
    }
    current = nil
    if tag.wireType == .groupEnd, tag.number == group { return nil }
    var field = Field(number: tag.number, wireType: tag.wireType)
    switch tag.wireType {
    case .lengthPrefixed:
      let length = try reader.length()
      field.content = (reader.place, length)
      reader.skip(byteCount: length)
    case .groupStart:
      let start = reader.place
      let byteCount = try reader.skipGroup(number: tag.number, levels: levels)
      field.content = (start, byteCount)
    default:
      try reader.skipValue(of: tag, levels: levels)
    }
    return field
  }
}
