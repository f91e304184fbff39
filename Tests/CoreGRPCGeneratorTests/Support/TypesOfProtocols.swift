import Foundation
import TestSupport

/// The types that protocols bring into the scope of those that conform, read from the sources: the associated types,
/// and the types in extensions.
struct TypesOfProtocols {
  private var types: [String: Set<String>] = [:]
  private var parents: [String: Set<String>] = [:]

  init() throws {
    for text in try Self.texts(below: "Sources") {
      for block in text.matches(
        of: /(?m)^(?:\w+ |@\w+(?:\(\w+\))? )*(?:protocol|extension) ([^{\n]+)\{\n((?: .*\n|\n)*)\}/
      ) {
        let head = block.1.split(separator: " where ")[0]
        let name = String(head.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        parents[name, default: []].formUnion(Self.conformances(in: head))
        for type in block.2.matches(of: /(?m)^  (?:\w+ )*(?:associatedtype|typealias|struct|enum|class|actor) (\w+)/) {
          types[name, default: []].insert(String(type.1))
        }
      }
    }
  }

  /// The names in the scope of the types that tests have generated code of.
  var inGeneratedTypes: Set<String> {
    get throws {
      var open: Set<String> = []
      for folder in ["Tests/CoreGRPCGeneratorTests/Generated", "Tests/CoreGRPCGeneratorTests/Editions/Generated"] {
        for text in try Self.texts(below: folder) {
          for type in text.matches(of: /(?m)^ *(?:\w+ )*(?:struct|enum|protocol) \w+(: [^{\n]+)\{/) {
            open.formUnion(Self.conformances(in: type.1))
          }
        }
      }
      var names: Set<String> = []
      var done: Set<String> = []
      while let name = open.popFirst() {
        guard done.insert(name).inserted else { continue }
        names.formUnion(types[name] ?? [])
        open.formUnion(parents[name] ?? [])
      }
      return names
    }
  }

  /// The names after the colon of a declaration.
  private static func conformances(in head: Substring) -> [String] {
    guard let colon = head.firstIndex(of: ":") else { return [] }
    return head[colon...].dropFirst().split(separator: ",").compactMap { name in
      name.split(separator: " ").last { !$0.hasPrefix("@") }.map(String.init)
    }
  }

  private static func texts(below folder: String) throws -> [String] {
    let root = Locations.repository.appending(path: folder).resolvingSymlinksInPath()
    return try FileManager.default.subpathsOfDirectory(atPath: root.path)
      .filter { $0.hasSuffix(".swift") }
      .map { try String(contentsOf: root.appending(path: $0), encoding: .utf8) }
  }
}
