internal import ProtobufC

/// The fields of a message in the wire format, each known one with all its values.
package struct WireMessage {
  /// A field with its values.
  package struct Entry {
    /// The index of the field in its message type.
    package var index: Int

    /// The values in the order they came.
    ///
    /// A singular field has one: the last, or the sum of the parts of a message.
    package var values: ArraySlice<WireField>
  }

  /// The fields, in the order of their numbers.
  package private(set) var entries: [Entry] = []

  /// The fields that the type does not have, or has with another wire type, if they are kept.
  package private(set) var unknown: [WireField] = []

  /// Reads the fields of a message.
  ///
  /// - Parameters:
  ///   - bytes: The message on the wire.
  ///   - type: Its type.
  ///   - keepsUnknown: Whether to keep the unknown fields, which take memory.
  package init(_ bytes: ArraySlice<UInt8>, as type: MessageType, keepsUnknown: Bool) throws(WireError) {
    var known: [WireField] = []
    var isSorted = true
    var scanner = WireScanner(bytes)
    while var field = try scanner.next() {
      guard let index = type.index(ofNumber: field.number), type.fields[index].accepts(field.wireType) else {
        if keepsUnknown { unknown.append(field) }
        continue
      }
      if let last = known.last, last.index > index { isSorted = false }
      field.index = index
      known.append(field)
    }
    if type.hasOneOfs { Self.keepLast(&known, of: type) }
    if !isSorted {
      let places = known.indices.sorted { (known[$0].index, $0) < (known[$1].index, $1) }
      known = places.map { known[$0] }
    }
    var rest = known[...]
    while let first = rest.first {
      let values = rest.prefix { $0.index == first.index }
      rest = rest[values.endIndex...]
      entries.append(Entry(index: first.index, values: Self.values(values, of: type.fields[first.index])))
    }
  }

  /// The values that count of those that came.
  private static func values(_ values: ArraySlice<WireField>, of field: FieldType) -> ArraySlice<WireField> {
    guard !field.isRepeated, values.count > 1, var whole = values.last else { return values }
    guard field.messageIndex != nil else { return values.suffix(1) }
    // The parts of a message, one after the other, are the message.
    whole.content = ArraySlice(values.map(\.content).joined())
    return [whole]
  }

  /// Keeps of each one-of only the values of the field that came last.
  private static func keepLast(_ known: inout [WireField], of type: MessageType) {
    var last: [Int: Int] = [:]
    for field in known {
      if let oneOf = type.fields[field.index].oneOf { last[oneOf] = field.index }
    }
    guard !last.isEmpty else { return }
    known.removeAll { field in
      type.fields[field.index].oneOf.map { last[$0] != field.index } ?? false
    }
  }

  /// The last value of a singular field by its number.
  package func value(ofNumber number: UInt32, in type: MessageType) -> WireField? {
    entries.first { type.fields[$0.index].number == number }?.values.last
  }
}

extension FieldType {
  /// Whether values of the field may come as they did.
  fileprivate func accepts(_ wireType: WireType) -> Bool {
    switch wireType {
    case kind.wireType: true
    // Several numbers as one. A group that came as a message, as some editions ask, and the other way round.
    case .lengthPrefixed: isRepeated && kind.isPackable || messageIndex != nil
    case .groupStart: messageIndex != nil
    default: false
    }
  }
}
