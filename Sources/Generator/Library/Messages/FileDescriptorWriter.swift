import ProtobufC
import ProtobufCWellKnownTypes

/// Writes the descriptor of a `.proto` file, which server reflection answers with.
struct FileDescriptorWriter {
  let schema: Schema
  let options: GeneratorOptions

  func write(_ file: SchemaFile, to text: inout SourceText) throws(GeneratorError) {
    let access = options.visibility.modifier
    var proto = file.original
    proto.sourceCodeInfo = nil
    let dependencies = try file.proto.dependency.map(schema.file).map { "\($0.descriptorName).descriptor" }
    text.blank()
    text.documentation("The file `\(file.name)`.")
    text.block("nonisolated \(access)enum \(file.descriptorName) {") { text in
      text.documentation("The file as protobuf describes it, for server reflection.")
      text.block("\(access)static let descriptor = ProtoFileDescriptor(", closing: ")") { text in
        text.add("name: \(StringLiteral.quoted(file.name)),")
        text.list("dependencies: [", dependencies, "],")
        text.add("latin1: \(StringLiteral.lines(proto.serializedBytes()))")
      }
    }
  }
}
