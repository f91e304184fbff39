import Foundation

/// A program that is run to its end.
enum Program {
  struct Result {
    var succeeded: Bool
    var output: Data
    var errors: String
  }

  /// Runs a program and collects what it prints.
  static func run(_ program: URL, _ arguments: [String]) throws -> Result {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    // SwiftPM has closed the plugin's standard input, and what protoc opened in its place would be closed in its own
    // plugin.
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    // A file, because a program that fills one pipe while the other is read would wait for ever.
    let errors = FileManager.default.temporaryDirectory.appending(path: "generate-grpc-\(UUID().uuidString)")
    try Data().write(to: errors)
    defer { try? FileManager.default.removeItem(at: errors) }
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let printed = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Result(
      succeeded: process.terminationReason == .exit && process.terminationStatus == 0,
      output: printed,
      errors: String(decoding: FileManager.default.contents(atPath: errors.path) ?? Data(), as: UTF8.self)
    )
  }
}
