import Foundation
import PackagePlugin

/// The programs that generate.
struct Tools {
  let protoc: URL
  let protocGenC: URL
  private let generator: URL

  /// All programs that have a part in the generated code.
  var programs: [URL] { [protoc, protocGenC, generator] }

  /// Finds the programs: those that the variables `PROTOC` and `PROTOC_GEN_C` name, or those in the path.
  ///
  /// The error of a missing one says which Debian package has it.
  init(_ context: PluginContext) throws {
    protoc = try Self.find("protoc", variable: "PROTOC", package: "protobuf-compiler")
    protocGenC = try Self.find("protoc-gen-c", variable: "PROTOC_GEN_C", package: "protobuf-c-compiler")
    generator = try context.tool(named: "protoc-gen-coregrpc").url
  }

  private static func find(_ program: String, variable: String, package: String) throws -> URL {
    if let chosen = ProcessInfo.processInfo.environment[variable], !chosen.isEmpty {
      guard FileManager.default.isExecutableFile(atPath: chosen) else {
        throw GenerationError("\(variable) is “\(chosen)”, which is not a program")
      }
      return URL(filePath: chosen)
    }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for folder in path.split(separator: ":") {
      let url = URL(filePath: String(folder)).appending(path: program)
      if FileManager.default.isExecutableFile(atPath: url.path) { return url }
    }
    throw GenerationError(
      "\(program) is not installed; on Debian and Ubuntu: sudo apt-get install \(package), or name the program in "
        + variable
    )
  }

  /// Generates the code of a target.
  ///
  /// - Returns: The folders of the Swift and of the C, laid out as in the targets.
  func generate(_ target: GenerationTarget, in scratch: URL) throws -> (swift: URL, c: URL) {
    let output = scratch.appending(path: "output")
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    let options = ["Layout=Targets", "SwiftModule=Swift"]
    try run(arguments(for: target, options, mappings: scratch.appending(path: "mappings.txt"), to: output), for: target)
    return (output.appending(path: "Swift"), output.appending(path: target.cModule))
  }

  /// The arguments with which protoc generates the code of a target.
  ///
  /// - Parameters:
  ///   - options: Further options of the generator, which have precedence over those of the target.
  ///   - mappings: The file to write the module mappings to, if there are any.
  func arguments(
    for target: GenerationTarget,
    _ options: [String],
    mappings file: URL,
    to output: URL
  ) throws -> [String] {
    let mappings = target.options.moduleMappings ?? [:]
    if !mappings.isEmpty {
      let lines = mappings.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }
      try lines.joined().write(to: file, atomically: true, encoding: .utf8)
    }
    let all =
      ["CModule=\(target.cModule)", "FileNaming=PathToUnderscores"]
      + target.options.generatorOptions(mappingsFile: mappings.isEmpty ? nil : file) + options
    return [
      "--plugin=protoc-gen-coregrpc=\(generator.path)", "--coregrpc_out=\(output.path)",
      "--coregrpc_opt=\(all.joined(separator: ","))",
    ] + target.importPaths.map { "--proto_path=\($0)" } + target.files
  }

  /// Runs protoc, and says in one message what it objects to.
  private func run(_ arguments: [String], for target: GenerationTarget) throws {
    let result = try Program.run(protoc, arguments)
    let lines = result.errors.split(separator: "\n").filter { !Self.isNoise($0) }.map(Self.plain)
    guard !result.succeeded else { return lines.forEach { Diagnostics.warning($0) } }
    var reasons = lines.isEmpty ? ["protoc failed and gave no reason"] : lines
    // An old protoc takes the edition for a mistake, and then each field without a label.
    if let file = lines.compactMap(Self.fileWithoutStatement).first(where: { ProtoImports.hasEdition($0, of: target) })
    {
      reasons.append("\(file) has an edition, which \(protoc.path) does not know: name a newer protoc in PROTOC")
    }
    throw GenerationError(
      "nothing was written for the target \(target.name):" + reasons.map { "\n  \($0)" }.joined()
    )
  }

  /// Whether a line of protoc says only that one of its plugins failed, which has said why.
  private static func isNoise(_ line: Substring) -> Bool {
    line.contains("Plugin failed with status code")
  }

  /// The file that protoc names where it knows none of the statements that a file begins with.
  private static func fileWithoutStatement(_ line: String) -> String? {
    guard line.contains(": Expected top-level statement"), let colon = line.firstIndex(of: ":") else { return nil }
    return String(line[..<colon])
  }

  /// A line without the name of the option in front that protoc puts there.
  private static func plain(_ line: Substring) -> String {
    let option = "--coregrpc_out: "
    return String(line.hasPrefix(option) ? line.dropFirst(option.count) : line)
  }
}
