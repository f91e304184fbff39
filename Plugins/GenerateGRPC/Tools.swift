import Foundation
import PackagePlugin

/// The programs that generate.
struct Tools {
  private let protoc: URL
  private let generator: URL

  /// Finds the programs, or says which Debian package has the one that is missing.
  init(_ context: PluginContext) throws {
    protoc = try Self.find("protoc", package: "protobuf-compiler")
    if ProcessInfo.processInfo.environment["PROTOC_GEN_C"] == nil {
      _ = try Self.find("protoc-gen-c", package: "protobuf-c-compiler")
    }
    generator = try context.tool(named: "protoc-gen-coregrpc").url
  }

  private static func find(_ program: String, package: String) throws -> URL {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    for folder in path.split(separator: ":") {
      let url = URL(filePath: String(folder)).appending(path: program)
      if FileManager.default.isExecutableFile(atPath: url.path) { return url }
    }
    throw GenerationError("\(program) is not installed; on Debian and Ubuntu: sudo apt-get install \(package)")
  }

  /// Generates the code of a target.
  ///
  /// - Returns: the folders of the Swift and of the C, laid out as in the targets.
  func generate(_ target: GenerationTarget, in scratch: URL) throws -> (swift: URL, c: URL) {
    var mappingsFile: URL?
    if let mappings = target.options.moduleMappings, !mappings.isEmpty {
      let file = scratch.appending(path: "mappings.txt")
      let lines = mappings.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }
      try lines.joined().write(to: file, atomically: true, encoding: .utf8)
      mappingsFile = file
    }
    let output = scratch.appending(path: "output")
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    var options = "Layout=Targets,CModule=\(target.cModule),SwiftModule=Swift,FileNaming=PathToUnderscores"
    let chosen = target.options.generatorOptions(mappingsFile: mappingsFile)
    if !chosen.isEmpty { options += ",\(chosen)" }
    let importPaths = (target.options.importPaths ?? []).map {
      $0.hasPrefix("/") ? $0 : target.protoFolder.appending(path: $0).standardizedFileURL.path
    }
    try run(
      protoc,
      ["--plugin=protoc-gen-coregrpc=\(generator.path)", "--coregrpc_out=\(output.path)", "--coregrpc_opt=\(options)"]
        + ([target.protoFolder.path] + importPaths).map { "--proto_path=\($0)" } + target.files,
      for: target
    )
    return (output.appending(path: "Swift"), output.appending(path: target.cModule))
  }

  private func run(_ program: URL, _ arguments: [String], for target: GenerationTarget) throws {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    // SwiftPM has closed the plugin's standard input, and what protoc opened in its place would be closed in its own plugin.
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw GenerationError("nothing was written for the target \(target.name): protoc failed, as it says above")
    }
  }
}
