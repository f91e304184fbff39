import ProtobufCWellKnownTypes

/// Rewrites files of editions as proto2, which protoc-gen-c reads.
///
/// proto2 can express what features ask for, field by field, with one exception: implicit presence. The feature remains
/// on the fields that have it, and their Swift treats a default as absent.
///
/// - Presence: `LEGACY_REQUIRED` becomes the label, `EXPLICIT` is proto2's.
/// - Repeated encoding: becomes the option `packed`.
/// - Message encoding: `DELIMITED` becomes the type of a group.
/// - Enum type, UTF-8 validation, JSON format, naming style and the visibility of symbols change no code: generated
///   enumerations are open, strings are UTF-8, and protoc has checked the rest.
///
/// A proto3 file with a field of an enum of such a file is rewritten, too: proto3 takes no enum of proto2.
struct EditionLowering {
  /// The first edition, and the last one that this generator knows the features of.
  static let editions = Google_Protobuf_Edition.edition2023.rawValue...Google_Protobuf_Edition.edition2024.rawValue

  /// The enums of the files that were rewritten, by their full names.
  private var loweredEnums: Set<String> = []

  /// Rewrites a file, if it is to be.
  ///
  /// - Parameter file: The file. Those that it imports have been rewritten before.
  /// - Returns: The file as proto2, or as it was.
  mutating func lowered(_ file: FileProto) throws(GeneratorError) -> FileProto {
    let scope: FeatureScope
    switch file.syntax {
    case "editions":
      guard let edition = file.edition, Self.editions.contains(edition.rawValue) else {
        throw GeneratorError("the edition is not one of 2023 and 2024", at: Position(file: file.name ?? ""))
      }
      scope = .edition2023.inside(file.options?.features)
    case "proto3" where file.messageType.contains(where: usesLoweredEnum):
      scope = .proto3
    default: return file
    }
    var file = file
    file.syntax = "proto2"
    file.edition = nil
    file.messageType = file.messageType.map { lowered($0, in: scope) }
    file.extension = file.extension.map { lowered($0, in: scope, isPartOfMap: false, oneOfs: []) }
    noteEnums(of: file)
    return file
  }

  private func lowered(_ message: MessageProto, in outer: FeatureScope) -> MessageProto {
    let scope = outer.inside(message.options?.features)
    let entries = Set(message.nestedType.filter(\.isMapEntry).compactMap(\.name))
    var message = message
    message.field = message.field.map { field in
      // The entries of a message's maps are declared in it.
      let isMap = field.label == .repeated && entries.contains { field.typeName?.hasSuffix(".\($0)") == true }
      return lowered(field, in: scope, isPartOfMap: message.isMapEntry || isMap, oneOfs: message.oneofDecl)
    }
    // A one-of that stands for proto3's `optional` comes after the others.
    let oneOfCount = message.field.compactMap(\.oneofIndex).max().map { Int($0) + 1 } ?? 0
    message.oneofDecl = Array(message.oneofDecl.prefix(oneOfCount))
    message.nestedType = message.nestedType.map { lowered($0, in: scope) }
    message.extension = message.extension.map { lowered($0, in: scope, isPartOfMap: false, oneOfs: []) }
    return message
  }

  /// - Parameters:
  ///   - field: A field or an extension.
  ///   - outer: The features of the message or file that it is declared in.
  ///   - isPartOfMap: Whether it is a map, or the key or value of one: for those, the encoding of messages and implicit
  ///     presence do not count.
  ///   - oneOfs: The one-ofs of its message.
  private func lowered(
    _ field: FieldProto,
    in outer: FeatureScope,
    isPartOfMap: Bool,
    oneOfs: [Google_Protobuf_OneofDescriptorProto]
  ) -> FieldProto {
    let isProto3Optional = field.proto3Optional == true
    let oneOf = field.oneofIndex.map { oneOfs[Int($0)] }
    let scope = outer.inside(oneOf?.options?.features).inside(field.options?.features)
    var field = field
    var options = field.options ?? Google_Protobuf_FieldOptions()
    options.features = nil
    if isProto3Optional {
      field.proto3Optional = nil
      field.oneofIndex = nil
    }
    switch field.type {
    case .message, .group:
      if scope.messageEncoding == .delimited, !isPartOfMap { field.type = .group }
    case .string, .bytes: break
    default:
      if field.label == .repeated { options.packed = options.packed ?? (scope.repeatedFieldEncoding == .packed) }
    }
    if field.label == .optional, field.oneofIndex == nil, !isPartOfMap {
      let isMessage = field.type == .message || field.type == .group
      switch scope.fieldPresence {
      case .legacyRequired: field.label = .required
      case .implicit where !isProto3Optional && !isMessage && field.extendee == nil:
        options.features = Google_Protobuf_FeatureSet(fieldPresence: .implicit)
      default: break
      }
    }
    field.options = options
    return field
  }
}

extension EditionLowering {
  private func usesLoweredEnum(_ message: MessageProto) -> Bool {
    message.field.contains { $0.type == .enum && loweredEnums.contains($0.typeName ?? "") }
      || message.nestedType.contains(where: usesLoweredEnum)
  }

  private mutating func noteEnums(of file: FileProto) {
    let scope = file.package.map { ".\($0)" } ?? ""
    note(file.enumType, in: scope)
    for message in file.messageType { noteEnums(of: message, in: scope) }
  }

  private mutating func noteEnums(of message: MessageProto, in outer: String) {
    let scope = "\(outer).\(message.name ?? "")"
    note(message.enumType, in: scope)
    for nested in message.nestedType { noteEnums(of: nested, in: scope) }
  }

  private mutating func note(_ enums: [EnumProto], in scope: String) {
    for enumeration in enums { loweredEnums.insert("\(scope).\(enumeration.name ?? "")") }
  }
}
