import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Swift in the README", .timeLimit(.minutes(5)))
struct ReadmeTests {
  /// The blocks of the tutorial, by a line that each has: `Tests/GenerateGRPC/run` compiles and runs them.
  private static let tutorial = [
    "// swift-tools-version: 6.2", "struct GreeterServer {", "struct GreeterClient {",
  ]

  @Test("Each block is compiled, either here or by the tutorial's script")
  func blocksAreCompiled() throws {
    let readme = try String(contentsOf: Locations.repository.appending(path: "README.md"), encoding: .utf8)
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let snippets = try String(contentsOf: folder.appending(path: "ReadmeSnippets.swift"), encoding: .utf8)
    let compiled = Self.normalized(snippets)
    let blocks = Self.swiftBlocks(of: readme)
    #expect(blocks.count > Self.tutorial.count)
    for block in blocks where !Self.tutorial.contains(where: block.contains) {
      #expect(compiled.contains(Self.normalized(block)), "this block is not in ReadmeSnippets.swift:\n\(block)")
    }
    let script = try String(
      contentsOf: Locations.repository.appending(path: "Tests/GenerateGRPC/run"),
      encoding: .utf8
    )
    for line in Self.tutorial.dropFirst() { #expect(script.contains("block '\(line)'")) }
  }

  @Test("The block about streams does what it shows")
  func streams() async throws {
    var router = RPCRouter()
    router.registerHandler(
      forMethod: MethodDescriptor(fullyQualifiedService: "notes.Notes", method: "Chat"),
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: StreamingServerRequest<[UInt8]>, _) in
        StreamingServerResponse { writer in
          try await writer.write(contentsOf: request.messages)
          return [:]
        }
      }
    )
    let server = Server(router: router)
    try server.start()
    let notes = try await Notes.main(server.makeInProcessChannel())
    #expect(notes == [[1], [2, 2]])
    await server.shutdown(gracePeriod: .seconds(10))
  }

  private static func swiftBlocks(of text: String) -> [String] {
    var blocks: [String] = []
    var block: [Substring]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let lines = block {
        block = line == "```" ? nil : lines + [line]
        if line == "```" { blocks.append(lines.joined(separator: "\n")) }
      } else if line == "```swift" {
        block = []
      }
    }
    return blocks
  }

  /// The text without the indentation and the empty lines, between line feeds.
  private static func normalized(_ text: String) -> String {
    let lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
    return "\n" + lines.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }
}
