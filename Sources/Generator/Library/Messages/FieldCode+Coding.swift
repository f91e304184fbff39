extension FieldCode {
  /// The expression that lifts one value, with `unsafe` before it, and `try` if it can throw.
  ///
  /// - Parameter member: The expression of what protobuf-c has.
  func lifted(_ member: String) throws(GeneratorError) -> String {
    marks + (try liftedWithoutTry(member))
  }

  /// The expression that lifts one value, or is the empty one if it is not there.
  ///
  /// - Parameters:
  ///   - member: The expression of what protobuf-c has.
  ///   - condition: The expression that says whether it is there.
  func lifted(_ member: String, if condition: String) throws(GeneratorError) -> String {
    "\(marks)\(condition) ? \(try liftedWithoutTry(member)) : \(try emptyValue())"
  }

  private var marks: String {
    switch field.type {
    case .string, .message: "try unsafe "
    case .number, .bool, .bytes, .enumeration: "unsafe "
    }
  }

  private func liftedWithoutTry(_ member: String) throws(GeneratorError) -> String {
    switch field.type {
    case .number: member
    case .bool: "\(member) != 0"
    case .string: "decoder.string(\(member), field: \(field.number))"
    case .bytes: "decoder.bytes(\(member)\(bytesArgument))"
    case .enumeration: "decoder.enumeration(\(member))"
    case .message: "decoder.message(\(member), as: \(try layout()))"
    }
  }

  /// The expression that lifts the value of a message that is known to be there, or has an empty one's place.
  func liftedPresent(_ member: String) throws(GeneratorError) -> String {
    let value = try lifted(member)
    guard case .message = field.type else { return value }
    return "\(value) ?? \(try emptyValue())"
  }

  /// The expression that lowers one value.
  func lowered(_ value: String, encoder: String = "encoder") throws(GeneratorError) -> String {
    switch field.type {
    case .number: value
    case .bool: "\(value) ? 1 : 0"
    case .string: "\(encoder).string(\(value))"
    case .bytes: "\(encoder).bytes(\(value))"
    case .enumeration: "\(encoder).enumeration(\(value))"
    case .message: "\(encoder).message(\(value), as: \(try layout()))"
    }
  }

  private var bytesArgument: String {
    options.bytes == .data ? ", as: Data.self" : ""
  }
}

extension FieldCode {
  /// Writes the statement that lifts the field.
  func writeRead(to text: inout SourceText) throws(GeneratorError) {
    let property = "value.\(field.swiftName)"
    let member = "message.\(field.cMember)"
    switch field.shape {
    case .implicit, .required, .pointer:
      text.add("\(property) = \(try lifted(member))")
    case .requiredPointer:
      text.add("\(property) = \(try liftedPresent(member))")
    case .optional(let hasMember), .implicitOptional(let hasMember):
      text.add("if unsafe message.\(hasMember) != 0 { \(property) = \(try lifted(member)) }")
    case .oneOf(let caseMember):
      text.add("if unsafe message.\(caseMember).rawValue == \(field.number) { \(property) = \(try lifted(member)) }")
    case .repeated:
      try writeReadRepeated(property, member, to: &text)
    case .map(let entry):
      let layout = try schema.message(entry).layoutName
      text.list(
        "\(property) = try unsafe decoder.map(",
        [member, "count: message.\(field.countMember)", "as: \(layout).self"],
        ")"
      )
    }
  }

  private func writeReadRepeated(
    _ property: String,
    _ member: String,
    to text: inout SourceText
  ) throws(GeneratorError) {
    let count = "count: message.\(field.countMember)"
    switch field.type {
    case .number:
      text.list("\(property) = unsafe decoder.array(", [member, count], ")")
    case .bool:
      text.list("\(property) = unsafe decoder.array(", [member, count], ") { $0 != 0 }")
    case .bytes:
      text.list("\(property) = unsafe decoder.array(", [member, count], ") { \(try lifted("$0")) }")
    case .string:
      let head = "\(property) = try unsafe decoder.array(\(member), \(count))"
      text.block("\(head) { element throws(BinaryDecodingError) in") { text in
        text.add("try unsafe decoder.string(element, field: \(field.number))")
      }
    case .enumeration:
      text.list("\(property) = unsafe decoder.enumerations(", [member, count], ")")
    case .message:
      text.list("\(property) = try unsafe decoder.messages(", [member, count, "as: \(try layout())"], ")")
    }
  }

  /// Writes the statements that lower the field.
  func writeWrite(to text: inout SourceText) throws(GeneratorError) {
    let property = "value.\(field.swiftName)"
    let member = "message.\(field.cMember)"
    if field.isGroup { return try writeWriteGroup(property, to: &text) }
    switch field.shape {
    case .implicit:
      text.add("unsafe \(member) = \(try lowered(property))")
      if field.type.isFloatingPoint { text.add("encoder.negativeZero(\(property), field: \(field.number))") }
    case .implicitOptional(let hasMember):
      let lowered = try lowered(property)
      text.block("if \(isNotDefault(property)) {") { text in
        text.add("unsafe message.\(hasMember) = 1")
        text.add("unsafe \(member) = \(lowered)")
      }
    case .required, .pointer, .requiredPointer:
      text.add("unsafe \(member) = \(try lowered(property))")
    case .optional(let hasMember):
      try writeWritePresent("unsafe message.\(hasMember) = 1", to: &text)
    case .oneOf(let caseMember):
      try writeWritePresent("unsafe message.\(caseMember) = .init(rawValue: \(field.number))", to: &text)
    case .repeated, .map:
      text.add("unsafe message.\(field.countMember) = \(property).count")
      text.add("unsafe \(member) = \(try loweredElements(property))")
    }
  }

  /// The condition on which a value without presence is sent; a negative zero is not a default.
  private func isNotDefault(_ value: String) -> String {
    switch field.type {
    case .number: field.type.isFloatingPoint ? "\(value).bitPattern != 0" : "\(value) != 0"
    case .bool: value
    case .string, .bytes, .message: "!\(value).isEmpty"
    case .enumeration: "\(value).rawValue != 0"
    }
  }

  private func writeWritePresent(_ presence: String, to text: inout SourceText) throws(GeneratorError) {
    let lowered = try lowered("field")
    text.block("if let field = value.\(field.swiftName) {") { text in
      text.add(presence)
      text.add("unsafe message.\(field.cMember) = \(lowered)")
    }
  }

  private func writeWriteGroup(_ property: String, to text: inout SourceText) throws(GeneratorError) {
    guard field.shape == .repeated else {
      text.add(try loweredGroup(property))
      return
    }
    let lowered = try loweredGroup("element")
    text.block("for element in \(property) {") { text in text.add(lowered) }
  }

  /// The statement that lowers a group: protobuf-c has no part in it.
  func loweredGroup(_ value: String) throws(GeneratorError) -> String {
    "unsafe encoder.group(\(value), as: \(try layout()), field: \(field.number))"
  }

  private func loweredElements(_ property: String) throws(GeneratorError) -> String {
    if case .map(let entry) = field.shape {
      return "encoder.map(\(property), as: \(try schema.message(entry).layoutName).self)"
    }
    switch field.type {
    case .number: return "encoder.array(\(property))"
    case .bool: return "encoder.array(\(property)) { element, _ in element ? 1 : 0 }"
    case .string, .bytes:
      return "encoder.array(\(property)) { element, encoder in unsafe \(try lowered("element")) }"
    case .enumeration: return "encoder.enumerations(\(property))"
    case .message: return "encoder.messages(\(property), as: \(try layout()))"
    }
  }
}
