package import ProtobufC

/// A field as its descriptor describes it.
package struct FieldType: Sendable {
  /// The kinds of values, with the indexes of their types in the ``TypePool``.
  package enum Kind: Sendable, Hashable {
    case double, float
    case int32, sint32, sfixed32
    case int64, sint64, sfixed64
    case uint32, fixed32
    case uint64, fixed64
    case bool, string, bytes
    case enumeration(Int)
    case message(Int)
    case group(Int)
  }

  /// The name in the `.proto` file.
  ///
  /// Of an extension it is the full name in brackets.
  package var name: String

  /// The name in JSON.
  package var jsonName: String

  package var number: UInt32

  package var kind: Kind

  package var isRepeated = false

  package var isRequired = false

  /// Whether the values of the repeated field are written as one, without a tag for each.
  package var isPacked = false

  /// Whether the values are entries of a map: messages with a key and a value.
  package var isMap = false

  /// The index of the one-of that the field is in, unless proto3 made that for `optional`.
  package var oneOf: Int?

  /// The name in text format: that of a group is the name of its type.
  package var textName: String

  /// Whether the field is an extension: no field has a name in brackets.
  package var isExtension: Bool { name.utf8.first == UInt8(ascii: "[") }

  /// The index of the message type, if the values are messages.
  package var messageIndex: Int? {
    switch kind {
    case .message(let index), .group(let index): index
    default: nil
    }
  }
}

extension FieldType.Kind {
  /// The wire type of a single value.
  package var wireType: WireType {
    switch self {
    case .double, .fixed64, .sfixed64: .fixed64
    case .float, .fixed32, .sfixed32: .fixed32
    case .string, .bytes, .message: .lengthPrefixed
    case .group: .groupStart
    default: .varint
    }
  }

  /// Whether several values can be written as one.
  package var isPackable: Bool {
    switch wireType {
    case .varint, .fixed32, .fixed64: true
    default: false
    }
  }
}
