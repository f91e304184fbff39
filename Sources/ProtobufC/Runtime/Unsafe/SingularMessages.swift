import CProtobufC

/// Which singular sub-messages come more than once in a message: none, nearly always.
struct SingularMessages {
  private var isScanned = false
  private var repeated: Set<UInt32> = []
  /// By number, up to which place in the message the occurrences have been written.
  private var written: [UInt32: Int] = [:]

  func isRepeated(_ number: UInt32) -> Bool { !repeated.isEmpty && repeated.contains(number) }

  /// Whether the occurrence at a place has been written with an earlier one.
  func isWritten(_ number: UInt32, at offset: Int) -> Bool {
    guard !written.isEmpty, let end = written[number] else { return false }
    return offset < end
  }

  mutating func setWritten(_ number: UInt32, upTo end: Int) { written[number] = end }

  /// Looks ahead through the message, once, from its first singular sub-message on.
  mutating func findRepetitions(
    from reader: WireReader,
    after tag: WireTag,
    in descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    _ group: UInt32?,
    levels: Int,
    _ groups: inout GroupEnds
  ) throws(DecodingFailure) {
    guard !isScanned else { return }
    isScanned = true
    // By number modulo 64: a field that is taken for repeated because of another does no harm.
    var seen: UInt64 = 0
    var fields = FieldScan(from: reader, after: tag, group)
    while let field = try fields.next(levels: levels, &groups) {
      let known = protobuf_c_message_descriptor_get_field(descriptor, field.number)
      guard case .message(_, isSingular: true) = FieldShape(known, wireType: field.wireType) else { continue }
      let bit: UInt64 = 1 << UInt64(field.number % 64)
      if seen & bit != 0 { repeated.insert(field.number) }
      seen |= bit
    }
  }
}
