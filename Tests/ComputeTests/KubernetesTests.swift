import Foundation
import TestSupport
import Testing

/// The manifest for Kubernetes, whose form `scripts/lint` checks.
@Suite("The manifest for Kubernetes", .timeLimit(.minutes(1)))
struct KubernetesTests {
  @Test("The server takes its arguments")
  func arguments() async throws {
    let file = Locations.repository.appending(path: "Examples/Kubernetes/compute.yaml")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    let arguments = lines.map { $0.drop { $0 == " " } }.filter { $0.hasPrefix("- --") }.map { line in
      let argument = String(line.dropFirst(2))
      // Ports that are free.
      return argument.contains("=0.0.0.0:") ? "\(argument.prefix { $0 != "=" })=127.0.0.1:0" : argument
    }
    #expect(arguments.count == 5)
    let server = try Programs.server(arguments)
    #expect(await server.line(after: "running... ") != nil)
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
