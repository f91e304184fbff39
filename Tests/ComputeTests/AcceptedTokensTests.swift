import CommandLineSupport
import CoreGRPC
import Foundation
import Logging
import TestSupport
import Testing

@testable import compute_server

@Suite("A server's tokens", .timeLimit(.minutes(1)))
struct AcceptedTokensTests {
  private struct Failure: Error, CustomStringConvertible { let description = "too many open files" }

  @Test("A changed file that could not be read is read again, and the failure is reported once")
  func failedReading() throws {
    let file = try TemporaryFile("one", name: "tokens")
    let records = Records()
    let logger = Logger(label: "test") { _ in LevelLog(records) }
    let tokens = try AcceptedTokens(path: file.path, logger: logger, interval: .zero) { path in
      if records.fails.withLock({ $0 }) { throw Failure() }
      return try AcceptedTokens.read(path)
    }
    #expect(tokens.contain("one"))
    try "two, longer".write(toFile: file.path, atomically: false, encoding: .utf8)
    records.fails.withLock { $0 = true }
    for _ in 0..<3 { #expect(tokens.contain("one")) }
    records.fails.withLock { $0 = false }
    // The file is as it was when it could not be read.
    #expect(!tokens.contain("one") && tokens.contain("two, longer"))
    #expect(records.levels.withLock { $0 } == [.error, .notice])
    withExtendedLifetime(file) {}
  }
}

extension AcceptedTokensTests {
  @Test("While the file is read, other calls use the tokens that there are")
  func slowFile() async throws {
    let file = try TemporaryFile("one", name: "tokens")
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let (isReading, proceed) = (Gate(), DispatchSemaphore(value: 0))
    let blocks = Locked(false)
    let tokens = try AcceptedTokens(path: file.path, logger: logger, interval: .zero) { path in
      if blocks.withLock({ $0 }) {
        isReading.open()
        proceed.wait()
      }
      return try AcceptedTokens.read(path)
    }
    try "two, longer".write(toFile: file.path, atomically: false, encoding: .utf8)
    blocks.withLock { $0 = true }
    let reader = Task.detached { tokens.contain("two, longer") }
    await isReading.pass()
    blocks.withLock { $0 = false }
    #expect(tokens.contain("one"))
    proceed.signal()
    #expect(await reader.value)
    #expect(!tokens.contain("one"))
    withExtendedLifetime(file) {}
  }

  @Test("A pipe in the place of the file is an error, and blocks no thread")
  func pipe() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID()).fifo").path
    defer { unlink(path) }
    try #require(mkfifo(path, 0o600) == 0)
    let error = #expect(throws: TextFile.Failure.self) { try TextFile.entries(of: path) }
    #expect(error?.description == "cannot read \(path): it is not a regular file")
    #expect(throws: TextFile.Failure.self) { try TextFile.entries(of: "/dev/zero") }
  }
}

private final class Records: Sendable {
  let fails = Locked(false)
  let levels = Locked<[Logger.Level]>([])
}

/// A log that keeps the levels of its messages.
private struct LevelLog: LogHandler {
  let records: Records
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  init(_ records: Records) { self.records = records }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { records.levels.withLock { $0.append(event.level) } }
}
