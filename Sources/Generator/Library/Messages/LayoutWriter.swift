/// Writes the layouts of messages: how a Swift type and protobuf-c's struct correspond.
struct LayoutWriter {
  let schema: Schema
  let options: GeneratorOptions

  /// The name that marks what is public for the generated code of other modules only.
  static let spi = "@_spi(GeneratedCode) "

  private var access: String { options.visibility.modifier }

  /// Writes the layouts of a message, of its maps' entries and of the messages inside it.
  func write(_ message: MessageModel, to text: inout SourceText) throws(GeneratorError) {
    text.blank()
    try text.block("nonisolated extension \(message.swiftName) {") { (text) throws(GeneratorError) in
      try writeLayout(of: message, to: &text)
      for entry in message.mapEntries {
        try writeEntryLayout(of: try schema.message(entry), to: &text)
      }
    }
    for nested in message.nestedMessages {
      try write(try schema.message(nested), to: &text)
    }
  }

  private func writeLayout(of message: MessageModel, to text: inout SourceText) throws(GeneratorError) {
    let fields = try schema.fields(of: message).map { FieldCode(field: $0, schema: schema, options: options) }
    let oneOfs = OneOfCode.all(of: message, fields: fields)
    let base = message.baseMember
    let documentation = "How this type and protobuf-c's struct correspond, for generated code."
    try writeType("Layout", documentation, of: message, to: &text) { (text) throws(GeneratorError) in
      let isShared = schema.isShared(message.fullName)
      try writeRead(message, valueType: message.swiftName, to: &text) { (text) throws(GeneratorError) in
        text.add("var value = \(message.swiftName)()")
        if isShared {
          text.add("try unsafe read(message, from: decoder, into: &value._storage.fields)")
        } else {
          try writeReads(of: message, fields, oneOfs, to: &text)
        }
        text.add("return value")
      }
      if isShared {
        text.blank()
        let parameters = [
          "_ message: \(message.cName)", "from decoder: MessageDecoder", "into value: inout _Fields",
        ]
        text.list("private static func read(", parameters, ") throws(BinaryDecodingError) {")
        try text.indented { (text) throws(GeneratorError) in try writeReads(of: message, fields, oneOfs, to: &text) }
        text.add("}")
      }
      try writeWrite(message, valueType: message.swiftName, to: &text) { (text) throws(GeneratorError) in
        for field in fields where field.field.oneOfIndex == nil { try field.writeWrite(to: &text) }
        for oneOf in oneOfs { try oneOf.writeWrite(to: &text) }
        text.add("unsafe encoder.unknownFields(value.unknownFields, in: &message.\(base))")
      }
    }
  }

  private func writeReads(
    of message: MessageModel,
    _ fields: [FieldCode],
    _ oneOfs: [OneOfCode],
    to text: inout SourceText
  ) throws(GeneratorError) {
    for field in fields where field.field.oneOfIndex == nil { try field.writeRead(to: &text) }
    for oneOf in oneOfs { try oneOf.writeRead(to: &text) }
    text.add("value.unknownFields = unsafe decoder.unknownFields(message.\(message.baseMember))")
  }

  private func writeEntryLayout(of entry: MessageModel, to text: inout SourceText) throws(GeneratorError) {
    let (key, value) = try mapFields(of: entry)
    let valueType = "(key: \(try key.valueType()), value: \(try value.valueType()))"
    let documentation = "How an entry of a map and protobuf-c's struct correspond, for generated code."
    try writeType(entry.simpleName, documentation, of: entry, to: &text) { (text) throws(GeneratorError) in
      try writeRead(entry, valueType: valueType, to: &text) { (text) throws(GeneratorError) in
        text.list("(", ["key: \(try liftedOrEmpty(key))", "value: \(try liftedOrEmpty(value))"], ")")
      }
      try writeWrite(entry, valueType: valueType, to: &text) { (text) throws(GeneratorError) in
        for field in [key, value] {
          if case .optional(let hasMember) = field.field.shape { text.add("unsafe message.\(hasMember) = 1") }
          text.add("unsafe message.\(field.field.cMember) = \(try field.lowered("value.\(field.field.swiftName)"))")
          if field.field.shape == .implicit, field.field.type.isFloatingPoint {
            text.add("encoder.negativeZero(value.\(field.field.swiftName), field: \(field.field.number))")
            text.add("unsafe encoder.unknownFields(UnknownFields(), in: &message.\(entry.baseMember))")
          }
        }
      }
    }
  }

  private func mapFields(of entry: MessageModel) throws(GeneratorError) -> (key: FieldCode, value: FieldCode) {
    let fields = try schema.fields(of: entry).map { FieldCode(field: $0, schema: schema, options: options) }
    guard fields.count == 2 else { throw GeneratorError("the map's entry \(entry.fullName) does not have two fields") }
    return (fields[0], fields[1])
  }

  /// The expression of an entry's key or value, which is the empty one if the entry came without.
  private func liftedOrEmpty(_ field: FieldCode) throws(GeneratorError) -> String {
    let member = "message.\(field.field.cMember)"
    guard case .optional(let hasMember) = field.field.shape else { return try field.liftedPresent(member) }
    return try field.lifted(member, if: "message.\(hasMember) != 0")
  }

  private func writeType(
    _ name: String,
    _ documentation: String,
    of message: MessageModel,
    to text: inout SourceText,
    _ content: (inout SourceText) throws(GeneratorError) -> Void
  ) throws(GeneratorError) {
    let spi = options.visibility == .public ? Self.spi : ""
    text.blank()
    text.documentation(documentation)
    try text.block("\(spi)\(access)enum \(name): @unsafe MessageLayout {") { (text) throws(GeneratorError) in
      text.documentation("What protobuf-c knows of the message.")
      text.add("\(access)static let schema = unsafe MessageSchema(of: Self.self)")
      text.blank()
      text.documentation("Gives a struct its defaults.")
      text.block("\(access)static func initialize(_ message: inout \(message.cName)) {") { text in
        text.add("unsafe \(message.cInitializer)(&message)")
      }
      try content(&text)
    }
  }

  private func writeRead(
    _ message: MessageModel,
    valueType: String,
    to text: inout SourceText,
    _ content: (inout SourceText) throws(GeneratorError) -> Void
  ) throws(GeneratorError) {
    text.blank()
    text.documentation("Lifts a struct to a value.")
    let parameters = ["_ message: \(message.cName)", "from decoder: MessageDecoder"]
    text.list("\(access)static func read(", parameters, ") throws(BinaryDecodingError) -> \(valueType) {")
    try text.indented(content)
    text.add("}")
  }

  private func writeWrite(
    _ message: MessageModel,
    valueType: String,
    to text: inout SourceText,
    _ content: (inout SourceText) throws(GeneratorError) -> Void
  ) throws(GeneratorError) {
    text.blank()
    text.documentation("Lowers a value to a struct.")
    let parameters = [
      "_ value: \(valueType)", "to message: inout \(message.cName)", "with encoder: inout MessageEncoder",
    ]
    text.list("\(access)static func write(", parameters, ") {")
    try text.indented(content)
    text.add("}")
  }
}
