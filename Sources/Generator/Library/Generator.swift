import Foundation
public import ProtobufC
import ProtobufCWellKnownTypes

/// The generator: what `protoc-gen-coregrpc` does between its standard input and its standard output.
public struct Generator {
  private let environment: [String: String]

  /// Creates a generator.
  ///
  /// - Parameter environment: The variables of the environment; `PROTOC_GEN_C` and `PATH` say where protoc-gen-c is.
  public init(environment: [String: String]) { self.environment = environment }

  /// Answers a request of protoc.
  ///
  /// - Parameter request: A `google.protobuf.compiler.CodeGeneratorRequest`, serialized.
  /// - Returns: A `google.protobuf.compiler.CodeGeneratorResponse`, serialized: the files, or what is wrong with the
  ///   `.proto` files or the options.
  /// - Throws: A `BinaryDecodingError`, if the bytes are not a request.
  public func respond(to request: [UInt8]) throws(BinaryDecodingError) -> [UInt8] {
    let request = try Self.decoded(request)
    var response = Google_Protobuf_Compiler_CodeGeneratorResponse()
    let features: [Google_Protobuf_Compiler_CodeGeneratorResponse.Feature] = [.proto3Optional, .supportsEditions]
    response.supportedFeatures = features.reduce(0) { $0 | UInt64($1.rawValue) }
    response.minimumEdition = Google_Protobuf_Edition.proto2.rawValue
    response.maximumEdition = EditionLowering.editions.upperBound
    do {
      response.file = try files(for: request).map { file in
        var result = Google_Protobuf_Compiler_CodeGeneratorResponse.File()
        result.name = file.name
        result.content = file.content
        return result
      }
    } catch {
      response.error = error.description
    }
    return response.serializedBytes()
  }

  private static func decoded(
    _ request: [UInt8]
  ) throws(BinaryDecodingError) -> Google_Protobuf_Compiler_CodeGeneratorRequest {
    do {
      return try Google_Protobuf_Compiler_CodeGeneratorRequest(serializedBytes: request, limits: .generator)
    } catch  where error.code == .invalidUTF8 {
      return try Google_Protobuf_Compiler_CodeGeneratorRequest(
        serializedBytes: CommentRepair.repaired(request),
        limits: .generator
      )
    }
  }

  private func files(
    for request: Google_Protobuf_Compiler_CodeGeneratorRequest
  ) throws(GeneratorError) -> [GeneratedFile] {
    let options = try GeneratorOptions(request.parameter ?? "", readFile: Self.readFile)
    let schema = try Schema(request.protoFile, generated: Set(request.fileToGenerate), options: options)
    try ModuleCheck(schema: schema, options: options).check()
    try NameCheck(schema: schema, options: options).check()
    let paths = OutputPaths(options: options)
    var files: [GeneratedFile] = []
    if options.generatesC {
      files += try ProtocGenC(environment: environment).files(for: request, schema).map(paths.c)
      if options.layout == .buildPlugin, let module = options.cModule { files.append(Self.moduleMap(module, files)) }
    }
    for name in request.fileToGenerate {
      let file = try schema.file(name)
      if options.generatesMessages {
        let text = try MessageFileWriter(schema: schema, options: options).text(of: file)
        files.append(GeneratedFile(name: paths.swift(file, suffix: "pb"), content: text))
      }
      let hasServices = !file.proto.service.isEmpty && (options.generatesClient || options.generatesServer)
      if hasServices || options.layout == .buildPlugin && options.generatesMessages {
        let text = try ServiceFileWriter(schema: schema, options: options).text(of: file)
        files.append(GeneratedFile(name: paths.swift(file, suffix: "grpc"), content: text))
      }
    }
    return files
  }

  /// The file that makes the headers in `include` a module.
  private static func moduleMap(_ module: String, _ files: [GeneratedFile]) -> GeneratedFile {
    let folder = "include/"
    let headers = files.map(\.name).filter { $0.hasPrefix(folder) }.map { $0.dropFirst(folder.count) }
    let lines = headers.map { "  header \"\($0)\"\n" }
    return GeneratedFile(
      name: "\(folder)module.modulemap",
      content: "module \(module) {\n\(lines.joined())  export *\n}\n"
    )
  }

  private static func readFile(_ path: String) throws(GeneratorError) -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw GeneratorError("the file of the option ModuleMappings cannot be read: \(path)")
    }
  }
}

extension DecodingLimits {
  /// The limits for the request of a large project: it is the user's own.
  static var generator: DecodingLimits { DecodingLimits(maxMemoryBytes: 4 << 30) }
}
