import CProtobufC

/// The singular sub-messages that come more than once in a message: none, nearly always.
///
/// Protobuf asks to merge the occurrences of such a sub-message. To read them one after the other, as parts of one
/// message, is to merge them: protobuf's specification says that concatenating encoded messages does that. Another
/// member of the same one-of makes a new value of what comes after it.
struct SingularMessages {
  /// An occurrence of a sub-message.
  enum Occurrence {
    /// There is no other.
    case only

    /// The first of several, with the content of all of them.
    case first(ArraySlice<WireReader.Section>)

    /// One that belongs to an earlier one.
    case later
  }

  /// The occurrences that make one value.
  private struct Value {
    /// The first of its parts, among those of the field.
    var firstPart: Int

    /// The position at which the last occurrence ends.
    var end: Int
  }

  private struct RepeatedField {
    var values: [Value] = []
    var parts: [WireReader.Section] = []

    /// The number of values that have been written.
    var writtenCount = 0

    mutating func occurrence(at offset: Int) -> Occurrence {
      if writtenCount > 0, offset < values[writtenCount - 1].end { return .later }
      let firstPart = values[writtenCount].firstPart
      writtenCount += 1
      return .first(parts[firstPart..<(writtenCount < values.count ? values[writtenCount].firstPart : parts.count)])
    }

    mutating func append(
      _ content: WireReader.Section,
      upTo end: Int,
      isNewValue: Bool,
      _ arena: inout Arena
    ) throws(DecodingFailure) {
      if isNewValue {
        try arena.charge(byteCount: MemoryLayout<Value>.stride)
        values.append(Value(firstPart: parts.count, end: end))
      } else {
        values[values.count - 1].end = end
      }
      guard content.end > content.start.offset else { return }
      try arena.charge(byteCount: MemoryLayout<WireReader.Section>.stride)
      parts.append(content)
    }
  }

  /// Whether the message was looked through.
  private(set) var isScanned = false

  /// By number, or nil if there are none.
  private var repeatedFields: [UInt32: RepeatedField]?

  /// Takes the next occurrence of a field, and says what to do with it.
  ///
  /// - Parameters:
  ///   - number: The field's number.
  ///   - offset: The place after the tag.
  mutating func occurrence(of number: UInt32, at offset: Int) -> Occurrence {
    repeatedFields?[number]?.occurrence(at: offset) ?? .only
  }

  /// Looks ahead through the message from its first singular sub-message on.
  ///
  /// - Parameters:
  ///   - reader: After the tag of that sub-message.
  ///   - tag: The tag.
  ///   - group: The number of the group that the message is the content of, or nil.
  ///   - laterParts: The parts of the message after the one that is read.
  ///   - descriptor: The message's type.
  ///   - levels: The depth to which groups may nest in a field.
  ///   - groups: The ends of groups in the same source.
  ///   - arena: The arena whose budget pays for the memory that this takes.
  mutating func findRepetitions(
    from reader: WireReader,
    after tag: WireTag,
    group: UInt32?,
    laterParts: ArraySlice<WireReader.Section>?,
    of descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    levels: Int,
    _ groups: inout GroupEnds,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    isScanned = true
    var repeated: Set<UInt32> = []
    // By number modulo 64: a field that is taken for repeated because of another does no harm.
    var seen: UInt64 = 0
    var fields = FieldScan(from: reader, after: tag, group: group, laterParts: laterParts)
    while let field = try fields.next(levels: levels, &groups) {
      let known = protobuf_c_message_descriptor_get_field(descriptor, field.number)
      guard case .message(_, isSingular: true) = FieldShape(known, wireType: field.wireType) else { continue }
      let bit: UInt64 = 1 << UInt64(field.number % 64)
      if seen & bit != 0 { repeated.insert(field.number) }
      seen |= bit
    }
    guard !repeated.isEmpty else { return }
    fields = FieldScan(from: reader, after: tag, group: group, laterParts: laterParts)
    repeatedFields = try Self.parts(of: repeated, in: &fields, of: descriptor, levels: levels, &groups, &arena)
  }

  private static func parts(
    of repeated: Set<UInt32>,
    in fields: inout FieldScan,
    of descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    levels: Int,
    _ groups: inout GroupEnds,
    _ arena: inout Arena
  ) throws(DecodingFailure) -> [UInt32: RepeatedField] {
    var repeatedFields: [UInt32: RepeatedField] = [:]
    // By the place of the one-of's case in the struct, the number of the member that came last.
    var members: [UInt32: UInt32] = [:]
    while let field = try fields.next(levels: levels, &groups) {
      guard let known = protobuf_c_message_descriptor_get_field(descriptor, field.number) else { continue }
      let shape = FieldShape(known, wireType: field.wireType)
      if case .unknown = shape { continue }
      var isNewValue = repeatedFields[field.number] == nil
      if known.pointee.isInOneOf {
        isNewValue = members.updateValue(field.number, forKey: known.pointee.quantifier_offset) != field.number
      }
      guard
        case .message(_, isSingular: true) = shape,
        repeated.contains(field.number),
        let content = field.content
      else { continue }
      try repeatedFields[field.number, default: RepeatedField()]
        .append(content, upTo: field.end, isNewValue: isNewValue, &arena)
    }
    return repeatedFields
  }
}
