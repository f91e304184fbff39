/// Goes through the fields of one level of a message, without going into them.
struct FieldScan {
  struct Field {
    var number: UInt32
    /// Where the field ends.
    var end: Int
    var wireType: WireType
    /// A reader of the content, if the field is length-prefixed or a group.
    var content: WireReader?
  }

  private var reader: WireReader
  private var current: WireTag?
  private let group: UInt32?

  /// Starts with a field whose tag has been read.
  ///
  /// - Parameters:
  ///   - reader: After that tag.
  ///   - tag: The tag.
  ///   - group: The number of the group that is scanned, or nil if it is a message.
  init(from reader: WireReader, after tag: WireTag, _ group: UInt32?) {
    self.reader = reader
    current = tag
    self.group = group
  }

  /// The next field, or nil at the end of the message or group.
  ///
  /// - Parameters:
  ///   - levels: How deep groups may nest in it.
  ///   - groups: The ends of groups in the same source.
  mutating func next(levels: Int, _ groups: inout GroupEnds) throws(DecodingFailure) -> Field? {
    let tag: WireTag
    if let current {
      tag = current
    } else {
      guard !reader.isAtEnd else { return nil }
      tag = try reader.tag()
    }
    current = nil
    if tag.wireType == .groupEnd, tag.number == group { return nil }
    var field = Field(number: tag.number, end: 0, wireType: tag.wireType)
    switch tag.wireType {
    case .lengthPrefixed:
      let length = try reader.length()
      field.content = reader.content(byteCount: length)
      reader.skip(byteCount: length)
    case .groupStart:
      let start = reader
      let byteCount = try groups.skipGroup(number: tag.number, in: &reader, levels: levels)
      field.content = start.content(byteCount: byteCount)
    default:
      try reader.skipValue(of: tag, levels: levels)
    }
    field.end = reader.place.offset
    return field
  }
}
