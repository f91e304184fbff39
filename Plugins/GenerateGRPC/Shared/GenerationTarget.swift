import Foundation

/// A Swift target with `.proto` files, and where what is generated from them goes.
struct GenerationTarget {
  let name: String

  /// The folder of the Swift target.
  let folder: URL

  /// The folder of the `.proto` files: `Protos` in the target's folder, or the folder itself.
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

  /// The suffixes of the names of generated Swift files.
  static let swiftSuffixes = [".pb.swift", ".grpc.swift"]

  /// The suffixes of the names of generated C files.
  static let cSuffixes = [".pb-c.c", ".pb-c.h"]

  /// The folders where protoc looks for files, in that order.
  var importPaths: [String] {
    [protoFolder.path]
      + (options.importPaths ?? []).map {
        $0.hasPrefix("/") ? $0 : protoFolder.appending(path: $0).standardizedFileURL.path
      }
  }

  private init?(_ target: Manifest.Target, in manifest: Manifest) throws {
    name = target.name
    folder = target.folder
    let protos = folder.appending(path: "Protos")
    protoFolder = FileManager.default.fileExists(atPath: protos.path) ? protos : folder
    options = try GenerationOptions.load(from: protoFolder)
    // A target in the folder of another one has its files for itself.
    let others = Set(manifest.targets.values.map { $0.folder.resolvingSymlinksInPath().path })
    files = options.files ?? FolderContent.files(in: protoFolder, withSuffixes: [".proto"], except: others)
    guard !files.isEmpty else { return nil }
    cModule = options.cModule ?? "C\(name.filter { $0.isLetter || $0.isNumber || $0 == "_" })"
    cFolder = manifest.targets[cModule]?.folder ?? folder.deletingLastPathComponent().appending(path: cModule)
  }

  /// Returns the location of the file that protoc would read for a name.
  func locate(_ file: String) -> URL? {
    importPaths.map { URL(filePath: $0).appending(path: file) }.first {
      FileManager.default.fileExists(atPath: $0.path)
    }
  }

  /// The targets of a package that have something to generate.
  static func all(in manifest: Manifest) throws -> [GenerationTarget] {
    let candidates = manifest.targets.values.filter(\.isSwift).sorted { $0.name < $1.name }
    var targets = try candidates.compactMap { try GenerationTarget($0, in: manifest) }
    // The target of the C may have the .proto files in its folder, too, and no source file yet.
    let cModules = Set(targets.map(\.cModule))
    targets.removeAll { cModules.contains($0.name) }
    return targets
  }

  /// Those of them that a command asks for.
  static func all(in manifest: Manifest, _ command: Command) throws -> [GenerationTarget] {
    let targets = try all(in: manifest)
    for name in command.targets where !targets.contains(where: { $0.name == name }) {
      throw GenerationError("there is no Swift target \(name) with .proto files in its folder")
    }
    let chosen = targets.filter { command.targets.isEmpty || command.targets.contains($0.name) }
    guard !chosen.isEmpty else {
      throw GenerationError("no target of this package has .proto files in its folder\n\n\(command.help)")
    }
    return chosen
  }
}
