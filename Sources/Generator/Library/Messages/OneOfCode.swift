import ProtobufCWellKnownTypes

/// The Swift of a one-of: an enum with a payload for each field.
struct OneOfCode {
  let name: String
  let index: Int
  let message: MessageModel
  let fields: [FieldCode]

  /// The one-ofs of a message, without those that stand for an `optional`.
  static func all(of message: MessageModel, fields: [FieldCode]) -> [OneOfCode] {
    message.proto.oneofDecl.enumerated().compactMap { index, proto in
      let members = fields.filter { $0.field.oneOfIndex == index }
      guard !members.isEmpty else { return nil }
      return OneOfCode(name: proto.name ?? "", index: index, message: message, fields: members)
    }
  }

  var propertyName: String { SwiftIdentifier.escaped(message.members.oneOfProperties[index]) }

  var typeName: String { message.members.oneOfTypes[index] }

  var caseMember: String { CName.caseMember(message.cMembers.oneOfs[index]) }

  var documentation: String {
    message.file.locations.comment(of: message.path(ofOneOf: index)) ?? "Which field of the one-of `\(name)` is set."
  }

  func writeType(access: String, to text: inout SourceText) throws(GeneratorError) {
    text.blank()
    text.documentation("The fields of the one-of `\(name)`.")
    try text.block("\(access)enum \(typeName): Sendable, Hashable {") { (text) throws(GeneratorError) in
      for field in fields {
        let comment = message.file.locations.comment(of: field.field.path)
        text.documentation(comment ?? "The field `\(field.field.name)`.")
        text.add("\(field.field.isRecursive ? "indirect " : "")case \(field.field.caseName)(\(try field.valueType()))")
      }
    }
  }

  func writeRead(to text: inout SourceText) throws(GeneratorError) {
    try text.cases(of: "unsafe message.\(caseMember).rawValue") { (text) throws(GeneratorError) in
      for field in fields {
        let lifted = try field.liftedPresent("message.\(field.field.cMember)")
        text.add("case \(field.field.number):")
        text.indented { text in text.add("value.\(propertyName) = .\(field.field.caseName)(\(lifted))") }
      }
      text.add("default: break")
    }
  }

  func writeWrite(to text: inout SourceText) throws(GeneratorError) {
    try text.cases(of: "value.\(propertyName)") { (text) throws(GeneratorError) in
      for field in fields {
        text.add("case .\(field.field.caseName)(let field):")
        if field.field.isGroup {
          let statement = try field.loweredGroup("field")
          text.indented { text in text.add(statement) }
          continue
        }
        let lowered = try field.lowered("field")
        text.indented { text in
          text.add("unsafe message.\(caseMember) = .init(rawValue: \(field.field.number))")
          text.add("unsafe message.\(field.field.cMember) = \(lowered)")
        }
      }
      text.add("case nil: break")
    }
  }
}
