import Foundation
import PackagePlugin

/// Generates the code of `.proto` files as a part of the build: the C in a C target, the Swift in a Swift target.
@main
struct CoreGRPCProtobufGenerator: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) async throws -> [PackagePlugin.Command] {
    let manifest = Manifest(ofTargetsWithSourcesIn: context)
    let targets = try GenerationTarget.all(in: manifest)
    guard target is SwiftSourceModuleTarget else {
      let module = (target as? any SourceModuleTarget)?.moduleName ?? target.name
      guard let generated = targets.first(where: { $0.cModule == module }) else {
        throw GenerationError(
          "no Swift target has .proto files whose C belongs in the target \(target.name): a Swift target names it "
            + "under \"cModule\" in \(GenerationOptions.fileName), or has its name without the C before it"
        )
      }
      try checkExperiment(context.package, for: target.name)
      return [try BuildStep(.c, of: generated, among: targets, context).command()]
    }
    guard let generated = targets.first(where: { $0.name == target.name }) else {
      throw GenerationError("the target \(target.name) has no .proto files in its folder")
    }
    guard manifest.allDependencies(of: target.name).contains(generated.cModule) else {
      throw GenerationError("the target \(target.name) does not depend on \(generated.cModule), the target of its C")
    }
    return [try BuildStep(.swift, of: generated, among: targets, context).command()]
  }

  /// Fails unless the package has SwiftPM compile C that a plugin makes.
  private func checkExperiment(_ package: Package, for target: String) throws {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: package.directoryURL.path)) ?? []
    let isEnabled = files.contains { file in
      guard file.hasPrefix("Package"), file.hasSuffix(".swift") else { return false }
      let manifest = FileManager.default.contents(atPath: package.directoryURL.appending(path: file).path) ?? Data()
      return String(decoding: manifest, as: UTF8.self).split(separator: "\n").contains {
        $0.contains("swift-tools-version") && $0.contains("experimentalCGen")
      }
    }
    guard isEnabled else {
      throw GenerationError(
        "SwiftPM does not compile the generated C of the target \(target): begin Package.swift with "
          + "“// swift-tools-version: 6.3;(experimentalCGen)”"
      )
    }
  }
}
