import Foundation
import TestSupport

/// The programs under test.
enum Programs {
  static func server(_ arguments: [String], environment: [String: String] = [:]) throws -> ChildProcess {
    try ChildProcess(Locations.executable("compute-server"), arguments, environment: environment)
  }

  static func client(
    _ arguments: [String],
    input: [UInt8] = [],
    environment: [String: String] = [:]
  ) async throws -> ChildProcess.Outcome {
    try await ChildProcess.run(
      Locations.executable("compute-client"),
      arguments,
      input: input,
      environment: environment
    )
  }
}
