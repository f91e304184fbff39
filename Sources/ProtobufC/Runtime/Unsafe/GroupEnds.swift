/// The ends of the groups that were passed over, so that their bytes are not read again and again.
///
/// A group does not say how long it is. Each level of a message is scanned for sub-messages that occur more than once,
/// and each of these scans passes over the groups of its level. Without this, the bytes within n groups would be read n
/// times.
///
/// The places are those of one ``ByteSource``. They are valid at each level of the message and in whatever order groups
/// are passed over: a group always begins and ends in the same places.
struct GroupEnds {
  private struct Group {
    /// The number of bytes after the tag of the start and before that of the end.
    var contentByteCount: Int

    /// The number of bytes after the tag of the start, with the tag of the end.
    var byteCount: Int
  }

  /// A group whose end has not been read.
  private struct OpenGroup {
    var number: UInt32
    var start: Int

    /// The number of bytes of the scan that counted for a record, or were not read, when the group began.
    var spentByteCount: Int
  }

  /// The number of bytes that are read for each record.
  ///
  /// A group is recorded if it has so many beside those that count for the records within it. To pass over a group that
  /// is not recorded takes fewer, and a message has at most one record for so many bytes, however its groups nest.
  private static var byteCountForEach: Int { 32 }

  /// By the place after the tag of the start.
  private var groups: [Int: Group] = [:]

  /// The number of bytes that were read to pass over groups.
  private(set) var readByteCount = 0

  /// Passes over the value of a field whose tag has been read.
  ///
  /// - Parameters:
  ///   - tag: The field's tag.
  ///   - reader: After the tag.
  ///   - levels: The depth to which groups may nest in the field.
  mutating func skipValue(of tag: WireTag, in reader: inout WireReader, levels: Int) throws(DecodingFailure) {
    guard tag.wireType == .groupStart else { return try reader.skipValue(of: tag.wireType) }
    _ = try skipGroup(number: tag.number, in: &reader, levels: levels)
  }

  /// Passes over a group whose start has been read, and returns how many bytes it has before its end.
  ///
  /// - Parameters:
  ///   - number: The group's number.
  ///   - reader: After the tag of the start.
  ///   - levels: The depth to which groups may nest, with this one.
  mutating func skipGroup(
    number: UInt32,
    in reader: inout WireReader,
    levels: Int
  ) throws(DecodingFailure) -> Int {
    // A group is always as deep in the message, so that one that is recorded is within the levels.
    if let group = skipRecorded(in: &reader) { return group.contentByteCount }
    let start = reader.place.offset
    var unreadByteCount = 0
    var spentByteCount = 0
    var open = [OpenGroup(number: number, start: start, spentByteCount: 0)]
    while true {
      guard open.count <= levels else { throw .tooDeep }
      let beforeTag = reader.place.offset
      let tag = try reader.tag()
      switch tag.wireType {
      case .groupStart:
        if let group = skipRecorded(in: &reader) {
          unreadByteCount += group.byteCount
          spentByteCount += group.byteCount
        } else {
          open.append(OpenGroup(number: tag.number, start: reader.place.offset, spentByteCount: spentByteCount))
        }
      case .groupEnd:
        guard let group = open.popLast(), group.number == tag.number else { throw .malformed }
        let byteCount = reader.place.offset - group.start
        if byteCount - (spentByteCount - group.spentByteCount) >= Self.byteCountForEach {
          groups[group.start] = Group(contentByteCount: beforeTag - group.start, byteCount: byteCount)
          spentByteCount += Self.byteCountForEach
        }
        guard open.isEmpty else { continue }
        readByteCount += byteCount - unreadByteCount
        return beforeTag - start
      case .lengthPrefixed:
        let length = try reader.length()
        reader.skip(byteCount: length)
        unreadByteCount += length
        spentByteCount += length
      default:
        try reader.skipValue(of: tag.wireType)
      }
    }
  }

  /// Passes over a group whose start has been read, if its end is recorded.
  private func skipRecorded(in reader: inout WireReader) -> Group? {
    guard
      !groups.isEmpty,
      let group = groups[reader.place.offset],
      group.byteCount <= reader.end - reader.place.offset
    else { return nil }
    reader.skip(byteCount: group.byteCount)
    return group
  }
}
