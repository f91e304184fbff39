import Foundation
import PackagePlugin

/// The entries that a `Package.swift` lacks so that the generated code compiles.
struct ManifestNeeds {
  private let manifest: Manifest
  private var targets: [String] = []
  private var dependencies: [(target: String, lines: [String])] = []

  /// The products, and targets of this library's own package, that have a module.
  private static let holders: [String: Set<String>] = [
    "CoreGRPC": ["CoreGRPC", "CoreGRPCProtobuf"],
    "CoreGRPCProtobuf": ["CoreGRPCProtobuf"],
    "ProtobufC": ["ProtobufC", "CoreGRPCProtobuf", "ProtobufCWellKnownTypes"],
    "ProtobufCWellKnownTypes": ["ProtobufCWellKnownTypes", "CoreGRPCProtobuf"],
  ]

  init(_ manifest: Manifest) {
    self.manifest = manifest
  }

  /// Notes what the manifest lacks for a target's generated code.
  mutating func add(of target: GenerationTarget) {
    let headers = ["CProtobufC", "CGoogleProtobuf", "ProtobufC", "CoreGRPCProtobuf"]
    if manifest.targets[target.cModule] == nil {
      let path = target.cFolder.standardizedFileURL.path
      let root = manifest.packageFolder.standardizedFileURL.path
      let place = path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
      let option = place == "Sources/\(target.cModule)" ? "" : ", path: \"\(place)\""
      targets.append(".target(name: \"\(target.cModule)\", dependencies: [\(product("CProtobufC"))]\(option)),")
    } else if manifest.allDependencies(of: target.cModule).isDisjoint(with: headers) {
      dependencies.append((target.cModule, ["\(product("CProtobufC")),"]))
    }
    let has = manifest.allDependencies(of: target.name)
    var lines: [String] = []
    if !has.contains(target.cModule) { lines.append("\"\(target.cModule)\",") }
    let modules = importedModules(in: target.swiftOutputFolder)
    let missing = modules.filter { module in Self.holders[module].map { $0.isDisjoint(with: has) } ?? false }
    if !missing.isEmpty {
      let isMessagesOnly = Set(missing).isSubset(of: ["ProtobufC", "ProtobufCWellKnownTypes"])
      lines += (isMessagesOnly ? missing.sorted() : ["CoreGRPCProtobuf"]).map { "\(product($0))," }
    }
    if !lines.isEmpty { dependencies.append((target.name, lines)) }
  }

  /// Prints what is missing as it is to stand in the manifest.
  func report() {
    guard !targets.isEmpty || !dependencies.isEmpty else { return }
    var text = "Package.swift lacks what the generated code needs."
    if !targets.isEmpty { text += " Add to the targets:\n" + targets.map { "\n    \($0)" }.joined() + "\n" }
    for (target, lines) in dependencies {
      text += targets.isEmpty && target == dependencies.first?.target ? " Add" : "\nAdd"
      text += " to the dependencies of the target \(target):\n" + lines.map { "\n    \($0)" }.joined() + "\n"
    }
    Diagnostics.warning(text)
  }

  private func product(_ name: String) -> String {
    ".product(name: \"\(name)\", package: \"swift-coregrpc\")"
  }

  /// The modules that generated Swift imports.
  private func importedModules(in folder: URL) -> Set<String> {
    var modules: Set<String> = []
    for name in FolderContent.files(in: folder, withSuffixes: GenerationTarget.swiftSuffixes) {
      let content = FileManager.default.contents(atPath: folder.appending(path: name).path) ?? Data()
      let text = String(decoding: content, as: UTF8.self)
      for line in text.split(separator: "\n").prefix(while: { !$0.contains("{") }) {
        guard let range = line.range(of: "import "), !line.hasPrefix("//") else { continue }
        modules.insert(String(line[range.upperBound...]))
      }
    }
    return modules
  }
}
