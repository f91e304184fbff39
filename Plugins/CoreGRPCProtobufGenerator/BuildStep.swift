import Foundation
import PackagePlugin

/// The step of a build that generates the C or the Swift of a target's `.proto` files.
struct BuildStep {
  enum Language { case c, swift }

  private let language: Language
  private let target: GenerationTarget
  private let tools: Tools
  private let imports: ProtoImports

  /// The folder that SwiftPM has for the output of the plugin in this target.
  private let output: URL

  /// The headers that the plugin generates for other targets, and that the C of this one includes.
  private let includedHeaders: [URL]

  init(
    _ language: Language,
    of target: GenerationTarget,
    among targets: [GenerationTarget],
    _ context: PluginContext
  ) throws {
    self.language = language
    self.target = target
    tools = try Tools(context)
    imports = ProtoImports(of: target)
    try imports.check(against: targets)
    output = context.pluginWorkDirectoryURL
    includedHeaders =
      switch language {
      case .c: try IncludedHeaders(of: target, imports, among: targets, output: output).files
      case .swift: []
      }
  }

  func command() throws -> PackagePlugin.Command {
    let sources = language == .c ? target.cFolder : target.swiftOutputFolder
    for file in outputs.map({ sources.appending(path: $0).path }) where FileManager.default.fileExists(atPath: file) {
      throw GenerationError("the build would compile \(file) and the file that the plugin generates: remove it")
    }
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    let parts: [String] =
      switch language {
      case .c: ["Messages=false", "Client=false", "Server=false"]
      case .swift: ["C=false"]
      }
    let mappings = output.appending(path: "mappings.txt")
    let fresh = output.appending(path: "fresh")
    let arguments = try tools.arguments(for: target, ["Layout=BuildPlugin"] + parts, mappings: mappings, to: fresh)
    return .buildCommand(
      displayName: "Generating the \(language == .c ? "C" : "Swift") of \(target.name)'s .proto files",
      executable: URL(filePath: "/bin/sh"),
      arguments: BuildScript.arguments(
        options: (optionsFile.path, Self.content(of: optionsFile)),
        fresh: fresh.path,
        output: output.path,
        protoc: [tools.protoc.path] + arguments
      ),
      environment: ["PROTOC_GEN_C": tools.protocGenC.path],
      inputFiles: inputs,
      outputFiles: outputs.map { output.appending(path: $0) }
    )
  }

  /// Returns the text of a file without line breaks at its end, as `$(cat FILE)` does; empty if there is no file.
  private static func content(of file: URL) -> String {
    var content = FileManager.default.contents(atPath: file.path) ?? Data()
    while content.last == UInt8(ascii: "\n") { content.removeLast() }
    return String(decoding: content, as: UTF8.self)
  }

  private var optionsFile: URL { target.protoFolder.appending(path: GenerationOptions.fileName) }

  private var inputs: [URL] {
    let hasOptions = FileManager.default.fileExists(atPath: optionsFile.path)
    return tools.programs + imports.files.values.sorted { $0.path < $1.path } + (hasOptions ? [optionsFile] : [])
      + includedHeaders
  }

  /// The files that the generator writes for the options above, by their paths in the folder.
  private var outputs: [String] {
    let stems = target.files.map { $0.hasSuffix(".proto") ? String($0.dropLast(6)) : $0 }
    switch language {
    case .c:
      return stems.flatMap { ["\($0).pb-c.c", "include/\($0).pb-c.h"] } + ["include/module.modulemap"]
    case .swift:
      let names = stems.map(FileNaming.pathToUnderscores.name)
      return names.flatMap { name in GenerationTarget.swiftSuffixes.map { name + $0 } }
    }
  }
}
