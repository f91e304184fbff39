import Foundation
import PackagePlugin

/// A Swift target with `.proto` files, and where what is generated from them goes.
struct GenerationTarget {
  let name: String

  /// The folder of the Swift target.
  let folder: URL

  /// Where the `.proto` files are: `Protos` in the target's folder, or the folder itself.
  let protoFolder: URL

  let options: GenerationOptions

  /// The `.proto` files to generate from, as paths that begin in one of the import paths.
  let files: [String]

  /// The name of the C target, and of its module.
  let cModule: String

  /// The folder of the C target.
  let cFolder: URL

  /// The folder for the Swift, which has nothing else in it.
  var swiftOutputFolder: URL { folder.appending(path: "Generated") }

  private init?(name: String, folder: URL, knownTargets: [String: URL]) throws {
    self.name = name
    self.folder = folder
    let protos = folder.appending(path: "Protos")
    protoFolder = FileManager.default.fileExists(atPath: protos.path) ? protos : folder
    options = try GenerationOptions.load(from: protoFolder)
    files = options.files ?? FolderContent.files(in: protoFolder, withSuffixes: [".proto"])
    guard !files.isEmpty else { return nil }
    cModule = options.cModule ?? "C\(name.filter { $0.isLetter || $0.isNumber || $0 == "_" })"
    // SwiftPM does not tell of a target whose folder is still empty.
    cFolder = knownTargets[cModule] ?? folder.deletingLastPathComponent().appending(path: cModule)
  }

  /// The targets of a package that have something to generate.
  ///
  /// - Parameter names: those to take; all, if there are none.
  static func all(in package: Package, named names: [String]) throws -> [GenerationTarget] {
    var folders: [String: URL] = [:]
    var swiftTargets: [String] = []
    for target in package.targets {
      folders[target.name] = target.directoryURL
      if target is SwiftSourceModuleTarget { swiftTargets.append(target.name) }
    }
    for (name, folder) in emptyTargets(of: package, beside: Array(folders.values)) where folders[name] == nil {
      folders[name] = folder
      swiftTargets.append(name)
    }
    let targets = try swiftTargets.sorted().compactMap { name in
      try folders[name].flatMap { try GenerationTarget(name: name, folder: $0, knownTargets: folders) }
    }
    for name in names where !targets.contains(where: { $0.name == name }) {
      throw GenerationError("there is no Swift target \(name) with .proto files in its folder")
    }
    let chosen = targets.filter { names.isEmpty || names.contains($0.name) }
    guard !chosen.isEmpty else {
      throw GenerationError("no target of this package has .proto files in its folder\n\n\(Command.help)")
    }
    return chosen
  }

  /// The folders that are targets without a source file yet, of which SwiftPM does not tell.
  private static func emptyTargets(of package: Package, beside known: [URL]) -> [(name: String, folder: URL)] {
    let knownPaths = Set(known.map(\.standardizedFileURL.path))
    var found: [(name: String, folder: URL)] = []
    for parent in ["Sources", "Source", "src", "Tests"].map({ package.directoryURL.appending(path: $0) }) {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
      for name in names {
        let folder = parent.appending(path: name)
        if knownPaths.contains(folder.standardizedFileURL.path) { continue }
        if FolderContent.files(in: folder, withSuffixes: [".swift", ".c"]).isEmpty { found.append((name, folder)) }
      }
    }
    return found
  }
}
