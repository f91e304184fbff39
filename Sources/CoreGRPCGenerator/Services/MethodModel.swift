import ProtobufCWellKnownTypes

/// A method of a service, with its names in Swift.
struct MethodModel {
  let name: String

  /// The function's name.
  let functionName: String

  /// The name of the type that describes it.
  let typeName: String

  let input: MessageModel
  let output: MessageModel
  let streamsInput: Bool
  let streamsOutput: Bool
  let documentation: String
  let isDeprecated: Bool

  init(_ proto: MethodProto, path: [Int32], in file: SchemaFile, schema: Schema) throws(GeneratorError) {
    name = proto.name ?? ""
    functionName = SwiftIdentifier.function(SwiftName.method(name))
    typeName = SwiftIdentifier.message(name.prefix(1).uppercased() + name.dropFirst())
    input = try schema.message(String((proto.inputType ?? "").drop { $0 == "." }))
    output = try schema.message(String((proto.outputType ?? "").drop { $0 == "." }))
    streamsInput = proto.clientStreaming == true
    streamsOutput = proto.serverStreaming == true
    documentation = file.locations.comment(of: path) ?? "The method `\(name)`."
    isDeprecated = proto.options?.deprecated == true
  }

  var inputType: String { input.swiftName }

  var outputType: String { output.swiftName }
}
