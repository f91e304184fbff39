import Foundation

/// The content of the file `coregrpc-generate.json` beside the `.proto` files; empty without the file.
struct GenerationOptions: Decodable {
  /// The access level of the generated Swift: `public`, `package` or `internal`, which is the default.
  var visibility: String?

  /// Whether to generate clients.
  var client: Bool?

  /// Whether to generate what services implement.
  var server: Bool?

  /// The type of `bytes` fields: `Array`, the default, or `Data`.
  var bytes: String?

  /// The C target, if it is not the Swift target's name with a C before it.
  var cModule: String?

  /// More folders where imported files are looked for, by their paths from the folder of this file.
  var importPaths: [String]?

  /// The files to generate from, if not all in this folder, by their paths from an import path.
  var files: [String]?

  /// The modules of imported files that are generated elsewhere: `"path/": "SwiftModule, CModule"`.
  var moduleMappings: [String: String]?

  static let fileName = "coregrpc-generate.json"

  private static let keys: Set<String> = [
    "visibility", "client", "server", "bytes", "cModule", "importPaths", "files", "moduleMappings",
  ]

  /// Reads the options of a folder.
  static func load(from folder: URL) throws -> GenerationOptions {
    let file = folder.appending(path: fileName)
    guard let content = FileManager.default.contents(atPath: file.path) else { return GenerationOptions() }
    do {
      let object = try JSONSerialization.jsonObject(with: content) as? [String: Any] ?? [:]
      if let unknown = object.keys.sorted().first(where: { !keys.contains($0) }) {
        let options = keys.sorted().joined(separator: ", ")
        throw GenerationError("there is no option “\(unknown)”; the options are \(options)")
      }
      return try JSONDecoder().decode(GenerationOptions.self, from: content)
    } catch {
      throw GenerationError("\(file.path): \(error)")
    }
  }

  /// The options for protoc-gen-coregrpc.
  ///
  /// - Parameter mappingsFile: The file of the module mappings, if there are any.
  func generatorOptions(mappingsFile: URL?) -> [String] {
    var pairs: [String] = []
    if let visibility { pairs.append("Visibility=\(visibility.prefix(1).uppercased())\(visibility.dropFirst())") }
    if let client { pairs.append("Client=\(client)") }
    if let server { pairs.append("Server=\(server)") }
    if let bytes { pairs.append("Bytes=\(bytes)") }
    if let mappingsFile { pairs.append("ModuleMappings=\(mappingsFile.path)") }
    return pairs
  }
}
