import ProtobufCWellKnownTypes

/// The request to protoc-gen-c: the messages and enums of the original, and nothing that would make other C of them than
/// generated Swift expects.
///
/// - Strings become bytes, which protoc-gen-c makes a pointer and a length: a string it would end at the first NUL.
/// - Maps become repeated fields of their entries, which is what protoc-gen-c makes of them; a map's key must
///   not be bytes.
/// - Groups become messages: ours writes them and lets protobuf-c read them as such.
/// - Defaults are left to Swift.
/// - The names have that of the C module before them.
/// - Of the options only `packed` remains: those for protoc-gen-c would change names, and `deprecated` would give warnings.
/// - Services and extensions have no C, and comments no readers there.
enum CRequest {
  static func make(
    from request: Google_Protobuf_Compiler_CodeGeneratorRequest,
    _ schema: Schema
  ) -> Google_Protobuf_Compiler_CodeGeneratorRequest {
    var result = Google_Protobuf_Compiler_CodeGeneratorRequest()
    result.fileToGenerate = request.fileToGenerate
    result.compilerVersion = request.compilerVersion
    result.protoFile = schema.files.map(file)
    return result
  }

  private static func file(_ schemaFile: SchemaFile) -> FileProto {
    let original = schemaFile.proto
    var file = FileProto()
    file.name = original.name
    file.package = original.package
    file.syntax = original.syntax
    file.dependency = original.dependency
    file.publicDependency = original.publicDependency
    file.messageType = original.messageType.map(message)
    file.enumType = original.enumType.map(enumeration)
    file.options = ProtocGenCOptions.file(package: schemaFile.cPackage)
    return file
  }

  private static func message(_ original: MessageProto) -> MessageProto {
    var message = MessageProto()
    message.name = original.name
    message.field = zip(original.field, CFieldNames.names(of: original)).map(field)
    message.nestedType = original.nestedType.map(Self.message)
    message.enumType = original.enumType.map(enumeration)
    message.oneofDecl = original.oneofDecl.map { original in
      var oneOf = Google_Protobuf_OneofDescriptorProto()
      oneOf.name = original.name
      return oneOf
    }
    let base = CName.baseMember(besides: original.field)
    if base != CName.usualBaseMember { message.options = ProtocGenCOptions.baseMember(base) }
    return message
  }

  private static func field(_ original: FieldProto, named name: String) -> FieldProto {
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
    field.typeName = original.typeName
    field.oneofIndex = original.oneofIndex
    field.proto3Optional = original.proto3Optional
    if let packed = original.options?.packed {
      var options = Google_Protobuf_FieldOptions()
      options.packed = packed
      field.options = options
    }
    return field
  }

  private static func enumeration(_ original: EnumProto) -> EnumProto {
    var enumeration = EnumProto()
    enumeration.name = original.name
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
}
