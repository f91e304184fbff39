import Foundation
import TestSupport

/// Runs of protoc with the generator.
struct Protoc {
  /// The result of a run.
  struct Result {
    /// The files, by their paths below the output folder.
    var files: [String: String]

    /// The output on standard error.
    var errors: String

    var status: Int32
  }

  /// Runs protoc in a folder of its own.
  ///
  /// - Parameters:
  ///   - sources: The `.proto` files, by their paths.
  ///   - names: Those to generate code for; nil for all.
  ///   - options: The generator's options.
  ///   - extraFiles: Other files that are to be in the folder in which it runs.
  ///   - environment: Variables to set.
  static func run(
    _ sources: [String: String],
    generating names: [String]? = nil,
    options: String = "Visibility=Public,CModule=CThings",
    extraFiles: [String: String] = [:],
    environment: [String: String] = [:]
  ) async throws -> Result {
    let files = sources.merging(extraFiles, uniquingKeysWith: { $1 }).mapValues { Array($0.utf8) }
    let names = names ?? sources.keys.sorted()
    return try await run(bytes: files, generating: names, options: options, environment: environment)
  }

  /// Runs protoc in a folder of its own, with files in any encoding.
  ///
  /// - Parameters:
  ///   - files: The files in that folder, by their paths.
  ///   - names: Those to generate code for; nil for all.
  ///   - options: The generator's options.
  ///   - environment: Variables to set.
  static func run(
    bytes files: [String: [UInt8]],
    generating names: [String]? = nil,
    options: String = "Visibility=Public,CModule=CThings",
    environment: [String: String] = [:]
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.appending(path: "output")
    try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
    for (name, content) in files {
      let url = folder.appending(path: name)
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(content).write(to: url)
    }
    let arguments =
      [
        "protoc", "--plugin=\(try Locations.executable("protoc-gen-coregrpc").path)",
        "--proto_path=\(folder.path)", "--proto_path=/usr/include",
        "--coregrpc_out=\(output.path)",
        "--coregrpc_opt=\(options.replacing("FOLDER", with: folder.path))",
      ] + (names ?? files.keys.sorted())
    let outcome = try await ChildProcess.run(URL(filePath: "/usr/bin/env"), arguments, environment: environment)
    return Result(files: try contents(of: output), errors: outcome.errors, status: outcome.status)
  }

  private static func contents(of folder: URL) throws -> [String: String] {
    var files: [String: String] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let url = folder.appending(path: path)
      guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { continue }
      files[path] = try String(contentsOf: url, encoding: .utf8)
    }
    return files
  }
}
