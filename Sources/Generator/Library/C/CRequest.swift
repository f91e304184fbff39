import ProtobufCWellKnownTypes

/// The request to protoc-gen-c: the messages and enums of the original, and nothing that would make other C of them
/// than generated Swift expects.
///
/// - Strings become bytes, which protoc-gen-c makes a pointer and a length: a string it would end at the first NUL.
/// - Maps become repeated fields of their entries, which is what protoc-gen-c makes of them; a map's key must
///   not be bytes.
/// - Groups become messages: ours writes them and lets protobuf-c read them as such.
/// - Defaults are left to Swift.
/// - The names have that of the C module before them, and are different in C, too: see ``CNames``.
/// - Of the options only `packed` remains: those for protoc-gen-c would change names, and `deprecated` would give
///   warnings.
/// - Services and extensions have no C, and comments no readers there.
struct CRequest {
  static func make(
    from request: Google_Protobuf_Compiler_CodeGeneratorRequest,
    _ schema: Schema
  ) -> Google_Protobuf_Compiler_CodeGeneratorRequest {
    var result = Google_Protobuf_Compiler_CodeGeneratorRequest()
    result.fileToGenerate = request.fileToGenerate
    result.compilerVersion = request.compilerVersion
    result.protoFile = schema.files.map { CRequest(names: schema.cNames).file($0) }
    return result
  }

  private let names: CNames

  private func file(_ schemaFile: SchemaFile) -> FileProto {
    let original = schemaFile.proto
    var file = FileProto()
    file.name = original.name
    file.package = original.package
    file.syntax = original.syntax
    file.dependency = original.dependency
    file.publicDependency = original.publicDependency
    file.messageType = original.messageType.map { message($0, fullName: schemaFile.fullName($0.name ?? "")) }
    file.enumType = original.enumType.map { enumeration($0, fullName: schemaFile.fullName($0.name ?? "")) }
    file.options = ProtocGenCOptions.file(package: schemaFile.cPackage)
    return file
  }

  private func message(_ original: MessageProto, fullName: String) -> MessageProto {
    let members = names.members(of: fullName)
    var message = MessageProto()
    message.name = simpleName(of: fullName)
    message.field = zip(original.field, members.fields).map(field)
    message.nestedType = original.nestedType.map { self.message($0, fullName: "\(fullName).\($0.name ?? "")") }
    message.enumType = original.enumType.map { enumeration($0, fullName: "\(fullName).\($0.name ?? "")") }
    message.oneofDecl = members.oneOfs.map { name in
      var oneOf = Google_Protobuf_OneofDescriptorProto()
      oneOf.name = name
      return oneOf
    }
    if members.base != CName.usualBaseMember { message.options = ProtocGenCOptions.baseMember(members.base) }
    return message
  }

  private func field(_ original: FieldProto, named name: String) -> FieldProto {
    var field = FieldProto()
    field.name = name
    field.number = original.number
    field.label = original.label
    field.type = original.type
    switch original.type {
    case .string: field.type = .bytes
    case .group:
      field.type = .message
      if original.label == .required { field.label = .optional }
    default: break
    }
    field.typeName = original.typeName.map { ".\(names.fullName(of: String($0.drop { $0 == "." })))" }
    field.oneofIndex = original.oneofIndex
    field.proto3Optional = original.proto3Optional
    if let packed = original.options?.packed {
      var options = Google_Protobuf_FieldOptions()
      options.packed = packed
      field.options = options
    }
    return field
  }

  private func enumeration(_ original: EnumProto, fullName: String) -> EnumProto {
    var enumeration = EnumProto()
    enumeration.name = simpleName(of: fullName)
    enumeration.value = original.value.map { original in
      var value = EnumValueProto()
      value.name = original.name
      value.number = original.number
      return value
    }
    if original.options?.allowAlias == true {
      var options = Google_Protobuf_EnumOptions()
      options.allowAlias = true
      enumeration.options = options
    }
    return enumeration
  }

  private func simpleName(of type: String) -> String {
    names.fullName(of: type).split(separator: ".").last.map { String($0) } ?? ""
  }
}
