internal import CProtobufC
internal import CTestMessages
internal import ProtobufC

enum EverythingLayout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout Test__Everything) {
    test__everything__init(&message)
  }

  static func read(_ message: Test__Everything, from decoder: MessageDecoder) throws(DecodingError) -> Everything {
    var value = Everything()
    value.int32 = message.int32_value
    value.int64 = message.int64_value
    value.uint32 = message.uint32_value
    value.uint64 = message.uint64_value
    value.sint32 = message.sint32_value
    value.sint64 = message.sint64_value
    value.fixed32 = message.fixed32_value
    value.fixed64 = message.fixed64_value
    value.sfixed32 = message.sfixed32_value
    value.sfixed64 = message.sfixed64_value
    value.float = message.float_value
    value.double = message.double_value
    value.bool = message.bool_value != 0
    value.text = try decoder.string(message.text, field: 14)
    value.data = decoder.bytes(message.data)
    value.color = lift(message.color)
    value.leaf = try decoder.message(message.leaf, as: LeafLayout.self)
    value.numbers = decoder.array(message.numbers, count: message.n_numbers)
    value.flags = decoder.array(message.flags, count: message.n_flags) { $0 != 0 }
    value.colors = decoder.array(message.colors, count: message.n_colors, lift: lift)
    value.names = try decoder.array(message.names, count: message.n_names) { name throws(DecodingError) in
      try decoder.string(name, field: 21)
    }
    value.blobs = decoder.array(message.blobs, count: message.n_blobs) { decoder.bytes($0) }
    value.leaves = try decoder.messages(message.leaves, count: message.n_leaves, as: LeafLayout.self)
    value.counts = try decoder.map(message.counts, count: message.n_counts, as: CountsEntryLayout.self)
    value.leavesByNumber = try decoder.map(
      message.leaves_by_number,
      count: message.n_leaves_by_number,
      as: LeavesByNumberEntryLayout.self
    )
    value.choice = try readChoice(message, from: decoder)
    if message._maybe_number_case == TEST__EVERYTHING___MAYBE_NUMBER_MAYBE_NUMBER {
      value.maybeNumber = message.maybe_number
    }
    if message._maybe_text_case == TEST__EVERYTHING___MAYBE_TEXT_MAYBE_TEXT {
      value.maybeText = try decoder.string(message.maybe_text, field: 30)
    }
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  private static func readChoice(
    _ message: Test__Everything,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Everything.Choice? {
    switch message.choice_case {
    case TEST__EVERYTHING__CHOICE_CHOICE_NUMBER:
      .number(message.choice_number)
    case TEST__EVERYTHING__CHOICE_CHOICE_TEXT:
      .text(try decoder.string(message.choice_text, field: 27))
    case TEST__EVERYTHING__CHOICE_CHOICE_LEAF:
      .leaf(try decoder.message(message.choice_leaf, as: LeafLayout.self) ?? Leaf())
    default:
      nil
    }
  }

  static func write(_ value: Everything, to message: inout Test__Everything, with encoder: inout MessageEncoder) {
    message.int32_value = value.int32
    message.int64_value = value.int64
    message.uint32_value = value.uint32
    message.uint64_value = value.uint64
    message.sint32_value = value.sint32
    message.sint64_value = value.sint64
    message.fixed32_value = value.fixed32
    message.fixed64_value = value.fixed64
    message.sfixed32_value = value.sfixed32
    message.sfixed64_value = value.sfixed64
    message.float_value = value.float
    message.double_value = value.double
    message.bool_value = value.bool ? 1 : 0
    message.text = encoder.string(value.text)
    message.data = encoder.bytes(value.data)
    message.color = lower(value.color)
    message.leaf = encoder.message(value.leaf, as: LeafLayout.self)
    message.n_numbers = value.numbers.count
    message.numbers = encoder.array(value.numbers)
    message.n_flags = value.flags.count
    message.flags = encoder.array(value.flags) { flag, _ in flag ? 1 : 0 }
    message.n_colors = value.colors.count
    message.colors = encoder.array(value.colors) { color, _ in lower(color) }
    message.n_names = value.names.count
    message.names = encoder.array(value.names) { name, encoder in encoder.string(name) }
    message.n_blobs = value.blobs.count
    message.blobs = encoder.array(value.blobs) { blob, encoder in encoder.bytes(blob) }
    message.n_leaves = value.leaves.count
    message.leaves = encoder.messages(value.leaves, as: LeafLayout.self)
    message.n_counts = value.counts.count
    message.counts = encoder.map(value.counts, as: CountsEntryLayout.self)
    message.n_leaves_by_number = value.leavesByNumber.count
    message.leaves_by_number = encoder.map(value.leavesByNumber, as: LeavesByNumberEntryLayout.self)
    writeChoice(value.choice, to: &message, with: &encoder)
    if let number = value.maybeNumber {
      message._maybe_number_case = TEST__EVERYTHING___MAYBE_NUMBER_MAYBE_NUMBER
      message.maybe_number = number
    }
    if let text = value.maybeText {
      message._maybe_text_case = TEST__EVERYTHING___MAYBE_TEXT_MAYBE_TEXT
      message.maybe_text = encoder.string(text)
    }
    encoder.negativeZero(value.float, field: 11)
    encoder.negativeZero(value.double, field: 12)
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }

  private static func writeChoice(
    _ choice: Everything.Choice?,
    to message: inout Test__Everything,
    with encoder: inout MessageEncoder
  ) {
    switch choice {
    case .number(let number):
      message.choice_case = TEST__EVERYTHING__CHOICE_CHOICE_NUMBER
      message.choice_number = number
    case .text(let text):
      message.choice_case = TEST__EVERYTHING__CHOICE_CHOICE_TEXT
      message.choice_text = encoder.string(text)
    case .leaf(let leaf):
      message.choice_case = TEST__EVERYTHING__CHOICE_CHOICE_LEAF
      message.choice_leaf = encoder.message(leaf, as: LeafLayout.self)
    case nil:
      break
    }
  }

  private static func lift(_ color: Test__Color) -> Everything.Color {
    Everything.Color(rawValue: Int32(truncatingIfNeeded: color.rawValue))
  }

  private static func lower(_ color: Everything.Color) -> Test__Color {
    Test__Color(rawValue: .init(truncatingIfNeeded: color.rawValue))
  }
}

enum CountsEntryLayout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout Test__Everything__CountsEntry) {
    test__everything__counts_entry__init(&message)
  }

  static func read(
    _ message: Test__Everything__CountsEntry,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> (key: String, value: Int64) {
    (key: try decoder.string(message.key, field: 1), value: message.value)
  }

  static func write(
    _ value: (key: String, value: Int64),
    to message: inout Test__Everything__CountsEntry,
    with encoder: inout MessageEncoder
  ) {
    message.key = encoder.string(value.key)
    message.value = value.value
  }
}

enum LeavesByNumberEntryLayout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout Test__Everything__LeavesByNumberEntry) {
    test__everything__leaves_by_number_entry__init(&message)
  }

  static func read(
    _ message: Test__Everything__LeavesByNumberEntry,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> (key: Int32, value: Leaf) {
    (key: message.key, value: try decoder.message(message.value, as: LeafLayout.self) ?? Leaf())
  }

  static func write(
    _ value: (key: Int32, value: Leaf),
    to message: inout Test__Everything__LeavesByNumberEntry,
    with encoder: inout MessageEncoder
  ) {
    message.key = value.key
    message.value = encoder.message(value.value, as: LeafLayout.self)
  }
}
