import Foundation
import TestSupport
import Testing

/// A Python with grpcio, and the generated code for it.
///
/// `scripts/setup --tests` makes both.
struct Python: Sendable, CustomTestStringConvertible {
  let name: String
  let interpreter: URL
  let generatedCode: URL

  var testDescription: String { name }

  /// The newest grpcio from PyPI.
  static let newest = Python(
    name: "newest grpcio",
    interpreter: Locations.repository.appending(path: ".venv/bin/python"),
    generatedCode: Locations.repository.appending(path: ".venv/generated")
  )

  /// Debian's grpcio, which is of the same version as the C-core under CoreGRPC.
  ///
  /// Not every machine has it.
  static let debian = Python(
    name: "Debian's grpcio",
    interpreter: URL(filePath: "/usr/bin/python3"),
    generatedCode: Locations.repository.appending(path: ".venv/generated-debian")
  )

  static let available = [newest] + [debian].filter { $0.hasGeneratedCode }

  private var hasGeneratedCode: Bool {
    FileManager.default.fileExists(atPath: generatedCode.appending(path: "compute_pb2.py").path)
  }

  /// Starts one of the programs in this target's folder `Python`.
  func start(_ program: String, _ arguments: [String]) throws -> ChildProcess {
    let file = Locations.repository.appending(path: "Tests/InteropTests/Python/\(program)")
    return try ChildProcess(
      interpreter,
      [file.path] + arguments,
      environment: ["PYTHONPATH": generatedCode.path, "PYTHONDONTWRITEBYTECODE": "1"]
    )
  }
}
