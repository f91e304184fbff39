import CProtobufC

/// Writes a message in protobuf's text format, for people to read.
///
/// The product `ProtobufCTextFormat` has its own writer, which reads descriptors: the core has no code for that.
struct TextFormat: ~Copyable {
  private let contents: ContentList
  private var indentation = 0

  /// The output so far.
  private(set) var text = ""

  /// - Parameter contents: The strings and bytes of the message's encoder.
  init(contents: consuming ContentList) {
    self.contents = contents
  }

  /// Writes the fields of a message, a line each.
  ///
  /// - Parameter message: The struct, lowered by the encoder of the contents.
  mutating func append(_ message: UnsafePointer<ProtobufCMessage>) {
    let descriptor = message.pointee.descriptor.pointee
    let memory = UnsafeRawPointer(message)
    // A descriptor is a constant with `n_fields` fields, and `message` points to a struct of it.
    for field in UnsafeBufferPointer(start: descriptor.fields, count: Int(descriptor.n_fields)) {
      guard field.label == PROTOBUF_C_LABEL_REPEATED else {
        if isPresent(field, in: memory) { append(field, at: memory + Int(field.offset)) }
        continue
      }
      let count = (memory + Int(field.quantifier_offset)).load(as: Int.self)
      guard
        count > 0,
        let elements = (memory + Int(field.offset)).load(as: UnsafeRawPointer?.self)
      else { continue }
      // The elements follow each other at their size, and there are `count` of them.
      for index in 0..<count { append(field, at: elements + index * field.elementByteCount) }
    }
    for field in UnsafeBufferPointer(
      start: message.pointee.unknown_fields,
      count: Int(message.pointee.n_unknown_fields)
    ) {
      appendLine("# and \(field.len + 1) bytes or more of other fields")
    }
  }

  /// Whether a singular field is there to be shown: set, or with another value than the default.
  private func isPresent(_ field: ProtobufCFieldDescriptor, in message: UnsafeRawPointer) -> Bool {
    // Each of these members is where the descriptor says, of the type that goes with the field's label and flags.
    if field.isInOneOf {
      return (message + Int(field.quantifier_offset)).load(as: UInt32.self) == field.id
    }
    let member = message + Int(field.offset)
    if field.type == PROTOBUF_C_TYPE_MESSAGE {
      return member.load(as: UnsafeRawPointer?.self) != nil
    }
    switch field.label {
    case PROTOBUF_C_LABEL_REQUIRED:
      return true
    case PROTOBUF_C_LABEL_OPTIONAL:
      return (message + Int(field.quantifier_offset)).load(as: protobuf_c_boolean.self) != 0
    default:
      let size = field.type == PROTOBUF_C_TYPE_BYTES ? MemoryLayout<Int>.size : field.elementByteCount
      // Of bytes the length is the first member.
      return UnsafeRawBufferPointer(start: member, count: size).contains { $0 != 0 }
    }
  }

  private mutating func append(_ field: ProtobufCFieldDescriptor, at value: UnsafeRawPointer) {
    let name = String(cString: field.name)
    guard field.type == PROTOBUF_C_TYPE_MESSAGE else {
      return appendLine("\(name): \(describe(field, at: value))")
    }
    guard let message = value.load(as: UnsafePointer<ProtobufCMessage>?.self) else { return }
    appendLine("\(name) {")
    indentation += 1
    append(message)
    indentation -= 1
    appendLine("}")
  }

  private func describe(_ field: ProtobufCFieldDescriptor, at value: UnsafeRawPointer) -> String {
    // The C type of each protobuf type is documented in protobuf-c.h.
    switch field.type {
    case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SFIXED32:
      value.load(as: Int32.self).description
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64:
      value.load(as: Int64.self).description
    case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32:
      value.load(as: UInt32.self).description
    case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64:
      value.load(as: UInt64.self).description
    case PROTOBUF_C_TYPE_FLOAT:
      value.load(as: Float.self).description
    case PROTOBUF_C_TYPE_DOUBLE:
      value.load(as: Double.self).description
    case PROTOBUF_C_TYPE_BOOL:
      value.load(as: protobuf_c_boolean.self) == 0 ? "false" : "true"
    case PROTOBUF_C_TYPE_ENUM:
      describe(value.load(as: Int32.self), of: field)
    default:
      describe(value.load(as: ProtobufCBinaryData.self))
    }
  }

  private func describe(_ value: Int32, of field: ProtobufCFieldDescriptor) -> String {
    // protobuf-c documents that `descriptor` of such a field points to a ProtobufCEnumDescriptor.
    guard
      let descriptor = field.descriptor?.assumingMemoryBound(to: ProtobufCEnumDescriptor.self),
      let known = protobuf_c_enum_descriptor_get_value(descriptor, value)
    else { return value.description }
    return String(cString: known.pointee.name)
  }

  private func describe(_ data: ProtobufCBinaryData) -> String {
    var literal = "\""
    func append(_ bytes: UnsafeRawBufferPointer) {
      for byte in bytes { literal += Self.escape(byte) }
    }
    if let start = data.data, data.len > 0 {
      if let index = ContentMarkers.index(of: start) {
        guard case .string(let string) = contents[index] else {
          contents[index]?.withBytes(append)
          return literal + "\""
        }
        for scalar in string.unicodeScalars {
          literal += scalar.isASCII ? Self.escape(UInt8(truncatingIfNeeded: scalar.value)) : String(scalar)
        }
      } else {
        append(UnsafeRawBufferPointer(start: start, count: data.len))
      }
    }
    return literal + "\""
  }

  private static func escape(_ byte: UInt8) -> String {
    switch byte {
    case UInt8(ascii: "\n"): "\\n"
    case UInt8(ascii: "\r"): "\\r"
    case UInt8(ascii: "\t"): "\\t"
    case UInt8(ascii: "\""): "\\\""
    case UInt8(ascii: "\\"): "\\\\"
    case 0x20...0x7E: String(Unicode.Scalar(byte))
    default: "\\" + String(byte >> 6) + String(byte >> 3 & 7) + String(byte & 7)
    }
  }

  private mutating func appendLine(_ line: String) {
    text += String(repeating: "  ", count: indentation) + line + "\n"
  }
}

extension MessageLayout {
  /// Describes a message in protobuf's text format.
  ///
  /// - Parameter value: The message.
  /// - Returns: A line for each field, for people: protobuf does not promise that it stays the same.
  public static func debugDescription(of value: Value) -> String {
    // A copy does not tell whether it is a string.
    withStruct(of: value, copyingShortContent: false) { message, encoder in
      var format = TextFormat(contents: encoder.takeContents())
      format.append(message)
      return format.text
    }
  }
}

extension ProtobufCFieldDescriptor {
  /// The size of one element of the field, if it is repeated, and of its member if not.
  fileprivate var elementByteCount: Int {
    switch type {
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_UINT64,
      PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_DOUBLE:
      8
    case PROTOBUF_C_TYPE_MESSAGE: MemoryLayout<UnsafeRawPointer>.size
    case PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_STRING: MemoryLayout<ProtobufCBinaryData>.stride
    default: 4
    }
  }
}
