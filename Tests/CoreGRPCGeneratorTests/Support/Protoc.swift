import Foundation
import TestSupport

/// Runs of protoc with the generator.
struct Protoc {
  /// What a run made.
  struct Result {
    /// The files, by their paths below the output folder.
    var files: [String: String]

    /// What was on standard error.
    var errors: String

    var status: Int32
  }

  /// Runs protoc in a folder of its own.
  ///
  /// - Parameters:
  ///   - sources: the `.proto` files, by their paths.
  ///   - names: those to generate code for; nil for all.
  ///   - options: the generator's options.
  ///   - extraFiles: other files that are to be in the folder in which it runs.
  ///   - environment: variables to set.
  static func run(
    _ sources: [String: String],
    generating names: [String]? = nil,
    options: String = "Visibility=Public,CModule=CThings",
    extraFiles: [String: String] = [:],
    environment: [String: String] = [:]
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appending(path: "output")
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    for (name, text) in sources.merging(extraFiles, uniquingKeysWith: { $1 }) {
      let url = folder.appending(path: name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    let arguments =
      [
        "protoc", "--plugin=\(try Locations.executable("protoc-gen-coregrpc").path)",
        "--proto_path=\(folder.path)", "--proto_path=/usr/include",
        "--coregrpc_out=\(output.path)",
        "--coregrpc_opt=\(options.replacing("FOLDER", with: folder.path))",
      ] + (names ?? sources.keys.sorted())
    let outcome = try await ChildProcess.run(URL(filePath: "/usr/bin/env"), arguments, environment: environment)
    return Result(files: try files(in: output), errors: outcome.errors, status: outcome.status)
  }

  private static func files(in folder: URL) throws -> [String: String] {
    var files: [String: String] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let url = folder.appending(path: path)
      guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
      files[path] = try String(contentsOf: url, encoding: .utf8)
    }
    return files
  }
}
