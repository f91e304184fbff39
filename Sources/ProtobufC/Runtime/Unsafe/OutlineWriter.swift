import CProtobufC

/// Writes the outline of a message: the message with references to content in place of the content.
///
/// protobuf-c copies the content of each string to memory of its own, out of which it would be copied once more, into a
/// Swift string. From an outline it decodes references, and the content itself is copied once: from where it was
/// received into the Swift value.
///
/// It also brings the message into a form that protobuf-c reads as protobuf's specification asks:
/// - A field that the type does not know, or knows with another wire type, becomes an unknown field with a reference to
///   the whole of it. protobuf-c refuses messages with groups and with unexpected wire types.
/// - A group of a known field becomes a length-prefixed sub-message.
/// - The occurrences of a singular sub-message become one. protobuf-c merges them, but refuses some.
///
/// The work is bounded by the size of the message, whatever a peer sends. A field is read at most three times: to find
/// the sub-messages that come more than once, to find their parts, and to write it. ``GroupEnds`` keeps the fields
/// within a group from being read again with each level above them.
struct OutlineWriter {
  /// Nearly all messages stay within a depth that needs no guarding of the stack.
  private static var carefreeDepth: Int { 16 }

  private var reader: WireReader
  private var output = OutlineBuffer()
  private var groups = GroupEnds()
  private var depth = 0
  private var greatestDepth = 0
  private let maxDepth: Int
  private let stackGuard: StackGuard

  private init(_ source: ByteSource, maxDepth: Int, stackGuard: StackGuard) {
    reader = WireReader(source)
    self.maxDepth = maxDepth
    self.stackGuard = stackGuard
  }

  /// Writes the outline of a message.
  ///
  /// - Parameters:
  ///   - source: The message.
  ///   - descriptor: Its type.
  ///   - limits: The limits on the cost of decoding.
  ///   - arena: Memory for the outline.
  /// - Returns: The outline, the guard to decode it under, and how many bytes were read to pass over groups.
  static func outline(
    of source: ByteSource,
    as descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    limits: DecodingLimits,
    in arena: inout Arena
  ) throws(DecodingFailure) -> (outline: UnsafeRawBufferPointer, stackGuard: StackGuard, skippedByteCount: Int) {
    let stackGuard = StackGuard.fromHere(allowing: limits.maxStackBytes)
    var writer = OutlineWriter(source, maxDepth: limits.maxDepth, stackGuard: stackGuard)
    var message = OpenMessage(descriptor: descriptor)
    try writer.write(&message, &arena)
    let guardNeeded = writer.greatestDepth > carefreeDepth ? stackGuard : .none
    return (writer.output.bytes, guardNeeded, writer.groups.readByteCount)
  }

  /// A message that is being written.
  private struct OpenMessage {
    let descriptor: UnsafePointer<ProtobufCMessageDescriptor>

    /// The number of the group whose content this is, or nil.
    var group: UInt32?

    /// The parts of the message after the one that is being read.
    var laterParts: ArraySlice<WireReader.Section>?

    var unknownFields = UnknownFieldRun()
    var singulars = SingularMessages()
  }

  /// Writes a message: the part that reading stops at the end of, and the later ones.
  private mutating func write(_ message: inout OpenMessage, _ arena: inout Arena) throws(DecodingFailure) {
    while true {
      try writePart(of: &message, &arena)
      guard let part = message.laterParts?.popFirst() else { return }
      reader.move(to: part)
    }
  }

  private mutating func writePart(of message: inout OpenMessage, _ arena: inout Arena) throws(DecodingFailure) {
    // From where on what was read is to be copied as it is.
    var pending = reader.place
    while !reader.isAtEnd {
      let start = reader.place
      let tag = try reader.tag()
      if tag.wireType == .groupEnd {
        guard tag.number == message.group else { throw .malformed }
        return try copy(from: pending, to: start, &arena)
      }
      let field = protobuf_c_message_descriptor_get_field(message.descriptor, tag.number)
      switch FieldShape(field, wireType: tag.wireType) {
      case .number:
        try reader.skipValue(of: tag.wireType)
      case .content:
        let afterTag = reader.place
        let length = try reader.length()
        guard length > 0 else { continue }
        try copy(from: pending, to: afterTag, &arena)
        _ = try output.append(try reference(toNext: length), &arena)
        reader.skip(byteCount: length)
        pending = reader.place
      case .message(let child, let isSingular):
        try copy(from: pending, to: start, &arena)
        try writeSubMessage(child, tag, isSingular: isSingular, in: &message, &arena)
        pending = reader.place
      case .unknown:
        try copy(from: pending, to: start, &arena)
        try skipValue(of: tag)
        try writeUnknownField(from: start, &message.unknownFields, &arena)
        pending = reader.place
      }
    }
    guard message.group == nil else { throw .malformed }
    try copy(from: pending, to: reader.place, &arena)
  }

  private mutating func copy(
    from start: WireReader.Place,
    to end: WireReader.Place,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    try output.append(byteCount: end.offset - start.offset, from: start, in: reader.source, &arena)
  }

  /// Passes over the value of a field whose tag has been read.
  private mutating func skipValue(of tag: WireTag) throws(DecodingFailure) {
    try groups.skipValue(of: tag, in: &reader, levels: maxDepth - depth)
  }

  private func reference(toNext byteCount: Int) throws(DecodingFailure) -> ContentReference {
    guard let reference = ContentReference(byteCount: byteCount, from: reader.place, in: reader.source) else {
      throw .malformed
    }
    return reference
  }
}

// MARK: Sub-messages

extension OutlineWriter {
  /// Writes a sub-message whose tag has been read, with all its occurrences if there are more.
  private mutating func writeSubMessage(
    _ child: UnsafePointer<ProtobufCMessageDescriptor>,
    _ tag: WireTag,
    isSingular: Bool,
    in parent: inout OpenMessage,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    guard isSingular else { return try writeOccurrence(child, tag, &arena) }
    if !parent.singulars.isScanned {
      try parent.singulars.findRepetitions(
        from: reader,
        after: tag,
        group: parent.group,
        laterParts: parent.laterParts,
        of: parent.descriptor,
        levels: maxDepth - depth,
        &groups,
        &arena
      )
    }
    switch parent.singulars.occurrence(of: tag.number, at: reader.place.offset) {
    case .only: return try writeOccurrence(child, tag, &arena)
    case .first(let parts): try writeParts(parts, child, tag, &arena)
    case .later: break
    }
    try skipValue(of: tag)
  }

  private mutating func writeOccurrence(
    _ child: UnsafePointer<ProtobufCMessageDescriptor>,
    _ tag: WireTag,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    try enter(child, tag, &arena) { (writer, message, arena) throws(DecodingFailure) in
      if tag.wireType == .groupStart {
        message.group = tag.number
        try writer.write(&message, &arena)
      } else {
        let outerEnd = writer.reader.narrow(toNext: try writer.reader.length())
        try writer.write(&message, &arena)
        writer.reader.widen(to: outerEnd)
      }
    }
  }

  /// Writes a sub-message that comes in parts, each of which must be whole by itself.
  private mutating func writeParts(
    _ parts: ArraySlice<WireReader.Section>,
    _ child: UnsafePointer<ProtobufCMessageDescriptor>,
    _ tag: WireTag,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    let outer = reader.rest
    try enter(child, tag, &arena) { (writer, message, arena) throws(DecodingFailure) in
      message.laterParts = parts
      writer.reader.move(to: writer.reader.section(byteCount: 0))
      try writer.write(&message, &arena)
    }
    reader.move(to: outer)
  }

  /// Writes the tag of a sub-message, what a function writes one level deeper, and its length.
  private mutating func enter(
    _ child: UnsafePointer<ProtobufCMessageDescriptor>,
    _ tag: WireTag,
    _ arena: inout Arena,
    _ writeContent: (inout OutlineWriter, inout OpenMessage, inout Arena) throws(DecodingFailure) -> Void
  ) throws(DecodingFailure) {
    guard depth < maxDepth else { throw .tooDeep }
    depth += 1
    greatestDepth = max(greatestDepth, depth)
    guard depth <= Self.carefreeDepth || !stackGuard.isExhausted() else { throw .outOfStack }
    try output.append(tagOf: tag.number, &arena)
    let start = try output.open(&arena)
    var message = OpenMessage(descriptor: child)
    try writeContent(&self, &message, &arena)
    try output.close(start)
    depth -= 1
  }
}

// MARK: Unknown fields

extension OutlineWriter {
  /// Unknown fields that follow each other: they have one reference together.
  private struct UnknownFieldRun {
    var start: WireReader.Place?
    var end = 0
    var position = 0
  }

  /// Writes an unknown field that has been read.
  private mutating func writeUnknownField(
    from start: WireReader.Place,
    _ run: inout UnknownFieldRun,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    defer { run.end = reader.place.offset }
    let continued = run.end == start.offset ? run.start : nil
    let first = continued ?? start
    let byteCount = reader.place.offset - first.offset
    guard let reference = ContentReference(byteCount: byteCount, from: first, in: reader.source) else {
      throw .malformed
    }
    if continued != nil {
      output.replace(at: run.position, by: reference)
    } else {
      run.start = start
      try output.append(tagOf: WireFormat.reservedFieldNumber, &arena)
      run.position = try output.append(reference, &arena)
    }
  }
}
