/// The ends of the groups that were passed over, so that their bytes are not read again and again.
///
/// A group does not say how long it is. Each level of a message is scanned for sub-messages that occur more than once, and each of
/// these scans passes over the groups of its level. Without this, the bytes within n groups would be read n times.
///
/// The places are those of one ``ByteSource``.
struct GroupEnds {
  private struct Group {
    /// Where the content begins, after the tag.
    var start: Int

    /// Where the content ends, before the tag of the end.
    var contentEnd = 0

    /// Where the tag of the end ends.
    var end = 0
  }

  /// The size from which on a group is recorded.
  private static var leastByteCount: Int { 64 }

  /// How many bytes a group has for each group recorded within it, or it is not recorded.
  ///
  /// So a message has at most one record for so many bytes, however its groups nest.
  private static var byteCountForEach: Int { 32 }

  /// By their starts.
  private var groups: [Group] = []

  /// Where the groups end that were passed over: those that begin before it are recorded, if they are large enough.
  private var recordedUpTo = 0

  /// How many bytes were read to pass over groups.
  private(set) var readByteCount = 0

  /// Passes over a group whose start has been read, and returns how many bytes it has before its end.
  ///
  /// - Parameters:
  ///   - number: The group's number.
  ///   - reader: After the tag of the start.
  ///   - levels: How deep groups may nest, this one included.
  mutating func skipGroup(
    number: UInt32,
    in reader: inout WireReader,
    levels: Int
  ) throws(DecodingFailure) -> Int {
    let start = reader.place.offset
    // A group is always as deep in the message, so that one that is recorded is within the levels.
    if let group = recorded(at: start), group.end <= reader.end {
      reader.skip(byteCount: group.end - start)
      return group.contentEnd - start
    }
    var open = [(number: number, index: begin(at: start))]
    var skippedByteCount = 0
    while true {
      guard open.count <= levels else { throw .tooDeep }
      let beforeTag = reader.place.offset
      let tag = try reader.tag()
      switch tag.wireType {
      case .groupStart:
        let innerStart = reader.place.offset
        if let group = recorded(at: innerStart), group.end <= reader.end {
          skippedByteCount += group.end - innerStart
          reader.skip(byteCount: group.end - innerStart)
        } else {
          open.append((tag.number, begin(at: innerStart)))
        }
      case .groupEnd:
        guard let group = open.popLast(), group.number == tag.number else { throw .malformed }
        end(group.index, contentEnd: beforeTag, end: reader.place.offset)
        guard open.isEmpty else { continue }
        recordedUpTo = max(recordedUpTo, reader.place.offset)
        readByteCount += reader.place.offset - start - skippedByteCount
        return beforeTag - start
      default:
        try reader.skipValue(of: tag, levels: 0)
      }
    }
  }

  private func recorded(at start: Int) -> Group? {
    guard start < recordedUpTo else { return nil }
    var low = 0
    var high = groups.count
    while low < high {
      let middle = (low + high) / 2
      if groups[middle].start < start { low = middle + 1 } else { high = middle }
    }
    return low < groups.count && groups[low].start == start ? groups[low] : nil
  }

  /// Makes room for a group, unless it was found too small before.
  private mutating func begin(at start: Int) -> Int? {
    guard start >= recordedUpTo else { return nil }
    groups.append(Group(start: start))
    return groups.count - 1
  }

  private mutating func end(_ index: Int?, contentEnd: Int, end: Int) {
    guard let index else { return }
    let byteCount = end - groups[index].start
    let countWithin = groups.count - index
    if byteCount >= max(Self.leastByteCount, Self.byteCountForEach * countWithin) {
      groups[index].contentEnd = contentEnd
      groups[index].end = end
    } else {
      groups.remove(at: index)
    }
  }
}
