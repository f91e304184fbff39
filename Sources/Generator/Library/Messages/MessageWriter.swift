/// Writes the Swift types of messages.
struct MessageWriter {
  let schema: Schema
  let options: GeneratorOptions

  /// The largest number of properties of a message with an initializer for all of them.
  ///
  /// The compiler's time for calls of such an initializer, and for its default arguments, grows faster than their
  /// number: 1,500 of them are too many for the compiler.
  private static let maximumParameterCount = 64

  private var access: String { options.visibility.modifier }

  /// Writes a message's struct, with the types inside it.
  func write(_ message: MessageModel, to text: inout SourceText) throws(GeneratorError) {
    let fields = try schema.fields(of: message).map { FieldCode(field: $0, schema: schema, options: options) }
    let oneOfs = OneOfCode.all(of: message, fields: fields)
    let properties = try properties(of: message, fields: fields, oneOfs: oneOfs)
    text.blank()
    text.documentation(message.file.locations.comment(of: message.path) ?? "The message `\(message.fullName)`.")
    try text.block("\(access)struct \(message.simpleName): Message {") { (text) throws(GeneratorError) in
      if schema.isShared(message.fullName) {
        SharedStorageWriter(options: options).write(properties + [.unknownFields], to: &text)
      } else {
        for property in properties + [.unknownFields] {
          text.blank()
          text.documentation(property.documentation)
          text.add("\(property.attribute)\(access)var \(property.declaration)")
        }
      }
      writeInitializers(properties, to: &text)
      writeCoding(to: &text)
      writeDescriptions(message, to: &text)
      try writeDefaults(fields, to: &text)
      for oneOf in oneOfs {
        try oneOf.writeType(access: access, to: &text)
      }
      for name in message.nestedEnums {
        EnumWriter(options: options).write(try schema.enumeration(name), to: &text)
      }
      for name in message.nestedMessages {
        try write(try schema.message(name), to: &text)
      }
    }
  }

  private func properties(
    of message: MessageModel,
    fields: [FieldCode],
    oneOfs: [OneOfCode]
  ) throws(GeneratorError) -> [MessageProperty] {
    var properties: [MessageProperty] = []
    for field in fields {
      guard let index = field.field.oneOfIndex else {
        properties.append(try MessageProperty(field, in: message))
        continue
      }
      guard let oneOf = oneOfs.first(where: { $0.index == index }),
        oneOf.fields.first?.field.number == field.field.number
      else { continue }
      properties.append(MessageProperty(oneOf))
    }
    return properties
  }

  private func writeInitializers(_ properties: [MessageProperty], to text: inout SourceText) {
    text.blank()
    let hasTooMany = properties.count > Self.maximumParameterCount
    text.documentation(
      "Creates a message whose fields have their defaults."
        + (hasTooMany ? "\n\nIt has too many fields for an initializer with all of them: set them in `with { }`." : "")
    )
    text.add("\(access)init() {}")
    guard !properties.isEmpty, !hasTooMany else { return }
    text.blank()
    text.documentation("Creates a message; a field that is left out has its default.")
    let parameters = properties.map { "\($0.name): \($0.type) = \($0.initialValue)" }
    text.list("\(access)init(", parameters, ") {")
    text.indented { text in
      for property in properties { text.add("self.\(property.name) = \(property.name)") }
    }
    text.add("}")
  }

  private func writeCoding(to text: inout SourceText) {
    text.blank()
    text.add(
      """
      /// Decodes a message, see `ProtobufC.Message`.
      \(access)init(
        serializedBytes bytes: borrowing SerializedBytes,
        limits: DecodingLimits
      ) throws(BinaryDecodingError) {
        self = try unsafe Layout.decode(bytes, limits: limits)
      }

      /// Encodes this message into memory of the caller's choice, see `ProtobufC.Message`.
      \(access)func serialize<Buffer: ~Copyable, Failure: Error>(
        into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
      ) throws(Failure) -> Buffer {
        try unsafe Layout.encode(self, into: makeBuffer)
      }
      """
    )
  }

  private func writeDescriptions(_ message: MessageModel, to text: inout SourceText) {
    text.blank()
    text.add(
      """
      /// The message's full name: `\(message.fullName)`.
      \(access)static var protoMessageName: String { "\(message.fullName)" }

      /// The file that declares the message: `\(message.file.name)`.
      \(access)static var protoFileDescriptor: ProtoFileDescriptor { \(message.file.descriptorName).descriptor }

      /// The message in protobuf's text format.
      \(access)var debugDescription: String { unsafe Layout.debugDescription(of: self) }
      """
    )
  }

  private func writeDefaults(_ fields: [FieldCode], to text: inout SourceText) throws(GeneratorError) {
    for field in fields {
      guard case .optional = field.field.shape, let literal = try field.defaultLiteral() else { continue }
      let name = field.field.swiftName
      text.blank()
      text.documentation("The field `\(field.field.name)`, or its default if it is not set.")
      text.add("\(access)var \(field.field.orDefaultName): \(try field.valueType()) { self.\(name) ?? \(literal) }")
    }
  }
}
