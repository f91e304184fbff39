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
  ///   - limits: What decoding may cost.
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
    try writer.writeMessage(descriptor, group: nil, &arena)
    let guardNeeded = writer.greatestDepth > carefreeDepth ? stackGuard : .none
    return (writer.output.bytes, guardNeeded, writer.groups.readByteCount)
  }

  /// Writes the message that reading stops at the end of.
  ///
  /// - Parameters:
  ///   - descriptor: Its type.
  ///   - group: The number of the group whose content this is, or nil.
  ///   - arena: Memory for the outline.
  private mutating func writeMessage(
    _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    group: UInt32?,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    // From where on what was read is to be copied as it is.
    var pending = reader.place
    var unknownFields = UnknownFieldRun()
    var singulars = SingularMessages()
    while !reader.isAtEnd {
      let start = reader.place
      let tag = try reader.tag()
      if tag.wireType == .groupEnd {
        guard tag.number == group else { throw .malformed }
        return try copy(from: pending, to: start, &arena)
      }
      let field = protobuf_c_message_descriptor_get_field(descriptor, tag.number)
      switch FieldShape(field, wireType: tag.wireType) {
      case .number:
        try reader.skipValue(of: tag, levels: 0)
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
        try writeSubMessage(child, tag, isSingular: isSingular, in: descriptor, group, &singulars, &arena)
        pending = reader.place
      case .unknown:
        try copy(from: pending, to: start, &arena)
        try skipValue(of: tag)
        try writeUnknownField(from: start, &unknownFields, &arena)
        pending = reader.place
      }
    }
    guard group == nil else { throw .malformed }
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
    guard tag.wireType == .groupStart else { return try reader.skipValue(of: tag, levels: 0) }
    _ = try groups.skipGroup(number: tag.number, in: &reader, levels: maxDepth - depth)
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
    in parent: UnsafePointer<ProtobufCMessageDescriptor>,
    _ group: UInt32?,
    _ singulars: inout SingularMessages,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    guard isSingular else { return try writeOccurrence(child, tag, &arena) }
    if singulars.isWritten(tag.number, at: reader.place.offset) {
      // It was written with the first.
      return try skipValue(of: tag)
    }
    try singulars.findRepetitions(from: reader, after: tag, in: parent, group, levels: maxDepth - depth, &groups)
    guard singulars.isRepeated(tag.number) else { return try writeOccurrence(child, tag, &arena) }
    let (joined, end) = try join(tag, in: parent, group, &arena)
    singulars.setWritten(tag.number, upTo: end)
    try enter { (writer) throws(DecodingFailure) in
      try writer.output.append(tagOf: tag.number, &arena)
      let start = try writer.output.open(&arena)
      let outer = (writer.reader, writer.groups)
      writer.reader = WireReader(ByteSource(joined))
      writer.groups = GroupEnds()
      try writer.writeMessage(child, group: nil, &arena)
      (writer.reader, writer.groups) = outer
      try writer.output.close(start)
    }
    try skipValue(of: tag)
  }

  private mutating func writeOccurrence(
    _ child: UnsafePointer<ProtobufCMessageDescriptor>,
    _ tag: WireTag,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    try enter { (writer) throws(DecodingFailure) in
      try writer.output.append(tagOf: tag.number, &arena)
      let start = try writer.output.open(&arena)
      if tag.wireType == .groupStart {
        try writer.writeMessage(child, group: tag.number, &arena)
      } else {
        let outerEnd = writer.reader.narrow(toNext: try writer.reader.length())
        try writer.writeMessage(child, group: nil, &arena)
        writer.reader.widen(to: outerEnd)
      }
      try writer.output.close(start)
    }
  }

  /// Calls a function one level deeper.
  private mutating func enter(
    _ body: (inout OutlineWriter) throws(DecodingFailure) -> Void
  ) throws(DecodingFailure) {
    guard depth < maxDepth else { throw .tooDeep }
    depth += 1
    greatestDepth = max(greatestDepth, depth)
    guard depth <= Self.carefreeDepth || !stackGuard.isExhausted() else { throw .outOfStack }
    try body(&self)
    depth -= 1
  }

  /// Joins the content of all occurrences of a field from here on, or up to another member of the same one-of, which
  /// makes what comes then a new value.
  ///
  /// To decode the parts of a message one after the other is to merge them: protobuf's specification says that
  /// concatenating encoded messages does that.
  private mutating func join(
    _ tag: WireTag,
    in parent: UnsafePointer<ProtobufCMessageDescriptor>,
    _ group: UInt32?,
    _ arena: inout Arena
  ) throws(DecodingFailure) -> (content: UnsafeRawBufferPointer, end: Int) {
    let field = protobuf_c_message_descriptor_get_field(parent, tag.number)
    var joined = OutlineBuffer()
    var end = reader.place.offset
    var occurrences = FieldScan(from: reader, after: tag, group)
    while let occurrence = try occurrences.next(levels: maxDepth - depth, &groups) {
      guard occurrence.number == tag.number else {
        let other = protobuf_c_message_descriptor_get_field(parent, occurrence.number)
        if let field, let other, field.pointee.isAlternative(to: other.pointee) { break }
        continue
      }
      guard let content = occurrence.content else { continue }
      end = occurrence.end
      // Each is a message of its own: what one lacks at its end, the next must not make up for. That a group is whole is known.
      if occurrence.wireType == .lengthPrefixed {
        var fields = content
        try fields.skipFields(levels: maxDepth - depth)
      }
      try joined.append(
        byteCount: content.end - content.place.offset,
        from: content.place,
        in: reader.source,
        &arena
      )
    }
    return (joined.bytes, end)
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
