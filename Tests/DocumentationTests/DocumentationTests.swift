import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Swift in the documentation", .timeLimit(.minutes(5)))
struct DocumentationTests {
  /// The programs of the tutorial, by a line of each: `Tests/GenerateGRPC/run` compiles and runs them.
  private static let tutorial = [
    "let package = Package(", "struct GreeterServer {", "struct GreeterClient {",
  ]

  /// A line of the manifest with the build plugin, which the same script builds.
  private static let buildPlugin = "// swift-tools-version: 6.3;(experimentalCGen)"

  /// Swift between code fences.
  private struct Block {
    let file: String
    let text: String
  }

  @Test("The compiler sees each block, in Snippets.swift or in the tutorial")
  func blocksAreCompiled() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let snippets = try String(contentsOf: folder.appending(path: "Snippets.swift"), encoding: .utf8)
    let article = try Self.documents().first { $0.lastPathComponent == "GettingStarted.md" }
    let tutorial = try Self.blocks(of: #require(article))
    let blocks = try Self.documents().flatMap(Self.blocks)
    let plugin = blocks.filter { $0.text.contains(Self.buildPlugin) }
    #expect(plugin.count == 1)
    let compiled = Self.normalized(snippets) + (tutorial + plugin).map { Self.normalized($0.text) }.joined()
    #expect(blocks.count > 10)
    for block in blocks {
      let isCompiled = compiled.contains(Self.normalized(block.text))
      #expect(isCompiled, "this block of \(block.file) is not in Snippets.swift:\n\(block.text)")
    }
    // The tutorial's blocks are those that its script runs.
    #expect(tutorial.count == Self.tutorial.count)
    for line in Self.tutorial { #expect(tutorial.contains { $0.text.contains(line) }) }
    let script = try String(
      contentsOf: Locations.repository.appending(path: "Tests/GenerateGRPC/run"),
      encoding: .utf8
    )
    for line in Self.tutorial + [Self.buildPlugin] { #expect(script.contains("block '\(line)'")) }
  }

  @Test("Each file and folder that a page names is there")
  func pathsExist() throws {
    var count = 0
    // The tutorial names files that its reader writes, and the changelog files that were there once.
    let others = ["GettingStarted.md", "CHANGELOG.md"]
    for document in try Self.documents() where !others.contains(document.lastPathComponent) {
      let text = try String(contentsOf: document, encoding: .utf8)
      let folder = document.deletingLastPathComponent()
      for match in text.matches(of: /\]\((?<path>[^)#:]+)\)/) where !match.path.hasSuffix(".svg") {
        count += 1
        let exists = FileManager.default.fileExists(atPath: folder.appending(path: String(match.path)).path)
        #expect(exists, "\(document.lastPathComponent) links to \(match.path)")
      }
      for match in text.matches(of: /`(?<path>(Benchmarks|Examples|Plugins|Sources|Tests|scripts)\/[^` ]+)[^`]*`/) {
        // Wildcards, and figures of speech such as `Sources/…`.
        if match.path.contains(where: { "*{…<".contains($0) }) { continue }
        count += 1
        let path = Locations.repository.appending(path: String(match.path)).path
        let exists = FileManager.default.fileExists(atPath: path)
        #expect(exists, "\(document.lastPathComponent) names \(match.path)")
      }
    }
    #expect(count > 50)
  }

  @Test("The blocks about streams do what they show")
  func streams() async throws {
    let server = Server(services: [NotesService(stored: [[1], [2, 2], [2, 3]])])
    let channel = try server.makeInProcessChannel()
    #expect(try await Notes.main(channel) == [[1], [2, 2]])
    #expect(try await Notes.upload(channel) == Array("2 notes".utf8))
    let list = try await Notes.list(channel)
    #expect(list.notes == [[2, 2], [2, 3]])
    #expect(list.total == "3")
    await server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("The blocks about tests and messages do what they show")
  func testing() async throws {
    try await testService()
    try await testHandler()
    #expect(try await testStream() == 6)
    #expect(try await describe("abc", with: FixedAnswer(answer: "7")) == "abc has 7 characters")
    #expect(try encodeAndDecode())
  }

  /// The pages at the top of the repository, and all of the folder `Sources`.
  private static func documents() throws -> [URL] {
    let root = Locations.repository
    let top = try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)
    let sources = root.appending(path: "Sources").resolvingSymlinksInPath()
    let all = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.allObjects as? [URL]
    return (top + (all ?? [])).filter { $0.pathExtension == "md" }
  }

  private static func blocks(of document: URL) throws -> [Block] {
    let text = try String(contentsOf: document, encoding: .utf8)
    var blocks: [Block] = []
    var block: [Substring]?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let lines = block {
        block = line == "```" ? nil : lines + [line]
        if line == "```" {
          blocks.append(Block(file: document.lastPathComponent, text: lines.joined(separator: "\n")))
        }
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
