import ProtobufCWellKnownTypes

/// A message, with its names in Swift and in C.
struct MessageModel {
  let proto: MessageProto
  let file: SchemaFile

  /// The position of the declaration in the file, as a path of `google.protobuf.SourceCodeInfo`.
  let path: [Int32]

  let fullName: String

  /// The Swift type, with the types around it.
  let swiftName: String

  /// The last part of ``swiftName``.
  let simpleName: String

  /// The messages and enums inside it, map entries left out, by their full names.
  let nestedMessages: [String]
  let nestedEnums: [String]

  /// The entries of its maps, by their full names.
  let mapEntries: [String]

  /// The names of its members in Swift.
  let members: MemberNames

  /// The names of its members in C.
  let cMembers: CMemberNames

  /// The full name in the request to protoc-gen-c.
  let cFullName: String

  /// The type that knows both Swift's and C's.
  ///
  /// That of a map's entry is beside that of the message with the map.
  let layoutName: String

  /// The struct in C.
  var cName: String { CName.type(qualifiedCName) }

  /// The function in C that gives a struct its defaults.
  var cInitializer: String { CName.function(qualifiedCName) + "__init" }

  private var qualifiedCName: String { file.qualifiedInC(cFullName) }

  /// The first member of that struct.
  var baseMember: String { cMembers.base }

  var position: Position { file.locations.position(of: path) }

  func path(ofField index: Int) -> [Int32] { path + [2, Int32(index)] }

  func path(ofOneOf index: Int) -> [Int32] { path + [8, Int32(index)] }
}
