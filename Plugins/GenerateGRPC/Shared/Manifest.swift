import Foundation
import PackagePlugin

/// The targets that a package declares, whatever is in their folders.
///
/// SwiftPM tells a plugin of no target without a source file, such as one whose files are all yet to be generated.
/// Therefore this asks `swift package dump-package`, which evaluates the manifest, computed names included.
struct Manifest {
  struct Target {
    let name: String
    let folder: URL

    /// Whether generated Swift may be for this target.
    ///
    /// SwiftPM does not know the language of a target without a source file.
    let isSwift: Bool

    /// The names of the targets and products that the target depends on.
    let dependencies: [String]
  }

  let packageName: String
  let packageFolder: URL
  private(set) var targets: [String: Target] = [:]

  /// Reads the manifest.
  init(_ context: PluginContext) throws {
    packageName = context.package.displayName
    packageFolder = context.package.directoryURL
    var known: [String: PackagePlugin.Target] = [:]
    for target in context.package.targets { known[target.name] = target }
    for declared in try Self.dump(context).targets where declared.isModule {
      let target = known[declared.name]
      guard let folder = target?.directoryURL ?? Self.folder(of: declared, in: packageFolder) else { continue }
      targets[declared.name] = Target(
        name: declared.name,
        folder: folder,
        isSwift: target.map { $0 is SwiftSourceModuleTarget } ?? true,
        dependencies: declared.dependencies.compactMap(\.name)
      )
    }
  }

  /// Takes the targets that SwiftPM knows, as it plans a build: those with a source file.
  init(ofTargetsWithSourcesIn context: PluginContext) {
    packageName = context.package.displayName
    packageFolder = context.package.directoryURL
    for target in context.package.targets {
      targets[target.name] = Target(
        name: target.name,
        folder: target.directoryURL,
        isSwift: target is SwiftSourceModuleTarget,
        dependencies: target.dependencies.compactMap { dependency in
          switch dependency {
          case .target(let target): target.name
          case .product(let product): product.name
          @unknown default: nil
          }
        }
      )
    }
  }

  /// The names of all targets and products that a target depends on, directly or through other targets of the package.
  func allDependencies(of name: String) -> Set<String> {
    var found: Set<String> = []
    var open = [name]
    while let next = open.popLast() {
      for dependency in targets[next]?.dependencies ?? [] where found.insert(dependency).inserted {
        open.append(dependency)
      }
    }
    return found
  }

  /// Returns the folder where SwiftPM looks for a target that has no source file.
  private static func folder(of target: Dump.Target, in package: URL) -> URL? {
    if let path = target.path { return package.appending(path: path) }
    let parents = (target.type == "test" ? ["Tests"] : []) + ["Sources", "Source", "src", "srcs"]
    return parents.map { package.appending(path: $0).appending(path: target.name) }.first {
      FileManager.default.fileExists(atPath: $0.path)
    }
  }

  private static func dump(_ context: PluginContext) throws -> Dump {
    let scratch = context.pluginWorkDirectoryURL.appending(path: ".manifest")
    // A scratch folder of its own: the command that runs this plugin has locked the package's.
    let folder = context.package.directoryURL
    let arguments = ["swift", "package", "--package-path", folder.path, "--scratch-path", scratch.path, "dump-package"]
    let result = try Program.run(URL(filePath: "/usr/bin/env"), arguments)
    do {
      return try JSONDecoder().decode(Dump.self, from: result.output)
    } catch {
      throw GenerationError("swift package dump-package failed: \(result.errors)")
    }
  }
}

/// The part of the output of `swift package dump-package` that is needed.
private struct Dump: Decodable {
  struct Target: Decodable {
    var name: String
    var type: String
    var path: String?
    var dependencies: [Dependency]

    /// Whether the target is a module of this package's sources.
    var isModule: Bool { ["regular", "executable", "test"].contains(type) }
  }

  /// An object with one key, such as `{"byName": ["Name", null]}`.
  struct Dependency: Decodable {
    var name: String?

    init(from decoder: any Decoder) throws {
      let kinds = try decoder.singleValueContainer().decode([String: [Element]].self)
      name = kinds.values.first?.first?.text
    }
  }

  struct Element: Decodable {
    var text: String?

    init(from decoder: any Decoder) throws {
      text = try? decoder.singleValueContainer().decode(String.self)
    }
  }

  var targets: [Target]
}
