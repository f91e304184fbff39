import Foundation
import ProtobufC
import ProtobufCWellKnownTypes

/// protoc-gen-c, the generator of C that protobuf-c has: a program that is run.
struct ProtocGenC {
  /// The variable of the environment that says where the program is.
  static let variable = "PROTOC_GEN_C"

  let environment: [String: String]

  /// Makes the C of a request.
  ///
  /// - Returns: The files, by their names.
  func files(
    for request: Google_Protobuf_Compiler_CodeGeneratorRequest,
    _ schema: Schema
  ) throws(GeneratorError) -> [GeneratedFile] {
    let answer = try run(try executable(), input: CRequest.make(from: request, schema).serializedBytes())
    let response: Google_Protobuf_Compiler_CodeGeneratorResponse
    do {
      response = try Google_Protobuf_Compiler_CodeGeneratorResponse(serializedBytes: answer, limits: .generator)
    } catch {
      throw GeneratorError("the answer of protoc-gen-c is not a CodeGeneratorResponse: \(error.message)")
    }
    if let error = response.error, !error.isEmpty { throw GeneratorError("protoc-gen-c: \(error)") }
    guard response.file.count == 2 * request.fileToGenerate.count else {
      throw GeneratorError(
        "protoc-gen-c made \(response.file.count) files of \(request.fileToGenerate.count) .proto files"
      )
    }
    let originals = schema.files.reduce(into: [:]) { $0["\($1.stem).pb-c.c"] = schema.cNames.originals[$1.name] }
    return response.file.map { file in
      let name = file.name ?? ""
      return GeneratedFile(name: name, content: CFile.restored(file.content ?? "", originals[name] ?? [:]))
    }
  }

  private func executable() throws(GeneratorError) -> URL {
    if let path = environment[Self.variable], !path.isEmpty {
      guard FileManager.default.isExecutableFile(atPath: path) else {
        throw GeneratorError("\(Self.variable) is “\(path)”, which is not an executable file")
      }
      return URL(fileURLWithPath: path)
    }
    for folder in (environment["PATH"] ?? "").split(separator: ":") {
      let url = URL(fileURLWithPath: String(folder)).appendingPathComponent("protoc-gen-c")
      if FileManager.default.isExecutableFile(atPath: url.path) { return url }
    }
    throw GeneratorError(
      "there is no protoc-gen-c: install Debian's package protobuf-c-compiler, or name the program in \(Self.variable)"
    )
  }

  private func run(_ executable: URL, input: [UInt8]) throws(GeneratorError) -> [UInt8] {
    let process = Process()
    let stdin = Pipe()
    let stdout = Pipe()
    process.executableURL = executable
    process.environment = environment
    process.standardInput = stdin
    process.standardOutput = stdout
    let output: Data
    do {
      try process.run()
      // A plugin reads all of its request before it answers. One that ends early cannot be written to; its status and
      // its answer tell.
      try? stdin.fileHandleForWriting.write(contentsOf: Data(input))
      try stdin.fileHandleForWriting.close()
      output = try stdout.fileHandleForReading.readToEnd() ?? Data()
    } catch {
      throw GeneratorError("\(executable.path) cannot be run: \(error)")
    }
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      throw GeneratorError("\(executable.path) failed with status \(process.terminationStatus)")
    }
    return Array(output)
  }
}
