import Foundation
import PackagePlugin

/// `swift package generate-grpc`: writes the C and Swift of the `.proto` files in a package's targets.
@main
struct GenerateGRPC: CommandPlugin {
  func performCommand(context: PluginContext, arguments: [String]) async throws {
    let command = try Command(arguments)
    guard !command.showsHelp else { return print(Command.help) }
    let tools = try Tools(context)
    let packageFolder = context.package.directoryURL
    var changes = Changes(packageFolder: packageFolder, onlyChecks: command.onlyChecks)
    let manifest = try? String(contentsOf: packageFolder.appending(path: "Package.swift"), encoding: .utf8)
    for target in try GenerationTarget.all(in: context.package, named: command.targets) {
      if manifest?.contains("\"\(target.cModule)\"") == false {
        Diagnostics.warning("\(target.name) needs a target \(target.cModule), which Package.swift does not name")
      }
      let scratch = context.pluginWorkDirectoryURL.appending(path: target.name)
      try? FileManager.default.removeItem(at: scratch)
      try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
      let generated = try tools.generate(target, in: scratch)
      try changes.apply(generated.swift, to: target.swiftOutputFolder, of: [".pb.swift", ".grpc.swift"])
      try changes.apply(generated.c, to: target.cFolder, of: [".pb-c.c", ".pb-c.h"])
    }
    try changes.report()
  }
}
