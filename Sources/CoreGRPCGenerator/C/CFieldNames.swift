import ProtobufCWellKnownTypes

/// The names that a message's fields have in C: their own, with an underscore behind those that C could not have.
///
/// A struct has more members than fields: the counts of repeated ones, whether proto2's optional ones are set, and which
/// of a one-of is. And C has names that are no keywords.
enum CFieldNames {
  /// Macros that compilers define unless they are told to keep to the standard.
  private static let macros: Set<String> = ["linux", "unix"]

  /// The names, in the order of the fields.
  static func names(of message: MessageProto) -> [String] {
    var taken = Set(message.oneofDecl.map { CName.caseMember($0.name ?? "") })
    return message.field.map { field in
      var name = field.name ?? ""
      while macros.contains(CName.member(name)) || !taken.isDisjoint(with: members(of: field, named: name)) {
        name += "_"
      }
      taken.formUnion(members(of: field, named: name))
      return name
    }
  }

  private static func members(of field: FieldProto, named name: String) -> [String] {
    let member = CName.member(name)
    return switch field.label {
    case .repeated: [member, "n_" + member]
    case .optional: [member, "has_" + member]
    case .required, .unrecognized, nil: [member]
    }
  }
}
