/// Goes through the fields of one level of a message, without going into them.
struct FieldScan {
  struct Field {
    var number: UInt32
    /// The position at which the field ends.
    var end: Int
    var wireType: WireType
    /// The content, if the field is length-prefixed or a group.
    var content: WireReader.Section?
  }

  private var reader: WireReader
  private var current: WireTag?
  private let group: UInt32?
  private var laterParts: ArraySlice<WireReader.Section>?

  /// Starts with a field whose tag has been read.
  ///
  /// - Parameters:
  ///   - reader: After that tag.
  ///   - tag: The tag.
  ///   - group: The number of the group that is scanned, or nil if it is a message.
  ///   - laterParts: The parts of the message after the one that is read.
  init(
    from reader: WireReader,
    after tag: WireTag,
    group: UInt32?,
    laterParts: ArraySlice<WireReader.Section>?
  ) {
    self.reader = reader
    current = tag
    self.group = group
    self.laterParts = laterParts
  }

  /// The next field, or nil at the end of the message or group.
  ///
  /// - Parameters:
  ///   - levels: The depth to which groups may nest in it.
  ///   - groups: The ends of groups in the same source.
  mutating func next(levels: Int, _ groups: inout GroupEnds) throws(DecodingFailure) -> Field? {
    let tag: WireTag
    if let current {
      tag = current
    } else {
      while reader.isAtEnd {
        guard let part = laterParts?.popFirst() else { return nil }
        reader.move(to: part)
      }
      tag = try reader.tag()
    }
    current = nil
    if tag.wireType == .groupEnd, tag.number == group { return nil }
    var field = Field(number: tag.number, end: 0, wireType: tag.wireType)
    switch tag.wireType {
    case .lengthPrefixed:
      let length = try reader.length()
      field.content = reader.section(byteCount: length)
      reader.skip(byteCount: length)
    case .groupStart:
      let start = reader.place
      let byteCount = try groups.skipGroup(number: tag.number, in: &reader, levels: levels)
      field.content = WireReader.Section(start: start, end: start.offset + byteCount)
    default:
      try reader.skipValue(of: tag.wireType)
    }
    field.end = reader.place.offset
    return field
  }
}
