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

  /// Creates the model of a method.
  ///
  /// - Parameters:
  ///   - proto: The method.
  ///   - functionName: The function's name.
  ///   - typeName: The name of the type that describes it.
  ///   - path: Its position in the file.
  ///   - file: The file.
  ///   - schema: All types.
  init(
    _ proto: MethodProto,
    functionName: String,
    typeName: String,
    path: [Int32],
    in file: SchemaFile,
    schema: Schema
  ) throws(GeneratorError) {
    name = proto.name ?? ""
    self.functionName = functionName
    self.typeName = typeName
    input = try schema.message(String((proto.inputType ?? "").drop { $0 == "." }))
    output = try schema.message(String((proto.outputType ?? "").drop { $0 == "." }))
    streamsInput = proto.clientStreaming == true
    streamsOutput = proto.serverStreaming == true
    documentation = file.locations.comment(of: path) ?? "The method `\(name)`."
    isDeprecated = proto.options?.deprecated == true
  }

  /// The kind of the method, as Swift names it in a channel's functions and in descriptors.
  var kind: String {
    switch (streamsInput, streamsOutput) {
    case (false, false): "unary"
    case (true, false): "clientStreaming"
    case (false, true): "serverStreaming"
    case (true, true): "bidirectionalStreaming"
    }
  }

  var inputType: String { input.swiftName }

  var outputType: String { output.swiftName }
}
