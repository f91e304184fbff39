import Foundation
import PackagePlugin

/// One run of a command.
struct Generation {
  private let context: PluginContext
  private let command: Command

  init(_ context: PluginContext, _ command: Command) {
    self.context = context
    self.command = command
  }

  /// Generates, or checks, and prints what was done.
  func run() throws {
    guard !command.showsHelp else { return print(command.help) }
    let tools = try Tools(context)
    let packageFolder = context.package.directoryURL
    let manifest = try Manifest(context)
    let targets = try GenerationTarget.all(in: manifest, command)
    var changes = Changes(packageFolder: packageFolder, command)
    var needs = ManifestNeeds(manifest)
    for target in targets {
      let scratch = context.pluginWorkDirectoryURL.appending(path: target.name)
      let imports = ProtoImports(of: target)
      try imports.check(against: targets)
      let stamp = Stamp(of: target, imports, tools, in: scratch)
      if !stamp.isCurrent {
        try? FileManager.default.removeItem(at: scratch)
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        let generated = try tools.generate(target, in: scratch)
        let before = changes.count
        try changes.apply(generated.swift, to: target.swiftOutputFolder, of: GenerationTarget.swiftSuffixes)
        try changes.apply(generated.c, to: target.cFolder, of: GenerationTarget.cSuffixes)
        if !command.onlyChecks || changes.count == before { try stamp.write() }
      }
      needs.add(of: target)
    }
    needs.report()
    try changes.report()
  }
}
