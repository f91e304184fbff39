import CoreGRPC
import Foundation
import TestSupport
import Testing

/// The memory of a process that does the same thing many times.
///
/// `COREGRPC_LEAK_SCALE` multiplies the counts: `scripts/leaks` runs them a hundred times longer.
@Suite("Leaks", .serialized, .timeLimit(.minutes(60)))
struct LeakTests {
  private static let scale = ProcessInfo.processInfo.environment["COREGRPC_LEAK_SCALE"].flatMap(Int.init) ?? 1

  @Test("Unary calls")
  func unary() async throws {
    try await withTestServer { test in
      try await expectFlatMemory("unary calls", count: 10_000 * Self.scale) { _ = try await test.call() }
    }
  }

  @Test("Streams of ten messages")
  func streams() async throws {
    try await withStreamServer { test in
      let messages = (0..<10).map { [UInt8](repeating: $0, count: 100) }
      try await expectFlatMemory("streams of ten messages", count: 1_000 * Self.scale) {
        guard try await test.echo(messages) == messages else { throw RPCError(code: .dataLoss, message: "echo") }
      }
    }
  }

  @Test("Channels that are opened, used and closed")
  func channels() async throws {
    try await withTestServer { test in
      let address = test.address.description
      try await expectFlatMemory("channels", count: 100 * Self.scale) { _ = try await Channel(target: address).echo() }
    }
  }

  @Test("Servers that are started, called and shut down")
  func servers() async throws {
    try await expectFlatMemory("servers", count: 10 * Self.scale, concurrency: 2) {
      try await withTestServer { test in
        _ = try await test.call()
      }
    }
  }

  /// Does something `count` times, and compares the memory after a tenth of that with the memory after all.
  private func expectFlatMemory(
    _ what: String,
    count: Int,
    concurrency: Int = 10,
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    func run(_ count: Int) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<concurrency {
          group.addTask { for _ in 0..<(count / concurrency) { try await body() } }
        }
        try await group.waitForAll()
      }
    }
    try await run(count / 10)
    let before = try residentKiB()
    try await run(count - count / 10)
    let after = try residentKiB()
    print("leaks: \(what): \(before) KiB after \(count / 10), \(after) KiB after \(count)")
    // Allocators keep some pages; other suites of the same process run beside a short run.
    if Self.scale > 1 { #expect(after < before + before / 10 + 4_096) }
  }

  private func residentKiB() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return try #require(line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) })
  }
}
