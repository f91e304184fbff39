import ProtobufCWellKnownTypes

/// A field, with its names in Swift and in C and how it is held.
struct FieldModel {
  /// The storage of the field in a struct of protobuf-c.
  enum Shape: Hashable {
    /// Always there: one that has its default is not sent.
    case implicit

    /// Always there in Swift, where one that has its default is not sent; in C there if this member says so.
    case implicitOptional(hasMember: String)

    /// Always there and always sent.
    case required

    /// There if this member says so.
    case optional(hasMember: String)

    /// There if this member has the field's number: a field of a one-of, or a proto3 `optional`.
    case oneOf(caseMember: String)

    /// A pointer, null if the field is not there.
    case pointer

    /// A pointer that is never null in a message that is complete.
    case requiredPointer

    case repeated

    /// A repeated field of entries, by the entry's full name.
    case map(entry: String)

    /// Whether the field is one value that a message need not have.
    var isOptional: Bool {
      switch self {
      case .optional, .oneOf, .pointer: true
      case .implicit, .implicitOptional, .required, .requiredPointer, .repeated, .map: false
      }
    }
  }

  let proto: FieldProto
  let shape: Shape
  let type: ValueType
  let path: [Int32]

  /// The property's name.
  let swiftName: String

  /// The name of the property that has the default in place of nothing.
  let orDefaultName: String

  /// The case's name in a one-of.
  let caseName: String

  /// The name that protoc-gen-c knows it by.
  let cName: String

  /// The index of the one-of that it is in, unless that is one that stands for `optional`.
  let oneOfIndex: Int?

  /// Whether it leads from a message back to the same type of message.
  let isRecursive: Bool

  var name: String { proto.name ?? "" }

  /// Whether it is a message that goes between two tags on the wire: protobuf-c can read but not write it.
  var isGroup: Bool { proto.type == .group }

  var number: Int32 { proto.number ?? 0 }

  /// The struct's member.
  var cMember: String { SwiftIdentifier.cMember(CName.member(cName)) }

  /// The struct's member for the count of a repeated field.
  var countMember: String { "n_" + CName.member(cName) }
}
