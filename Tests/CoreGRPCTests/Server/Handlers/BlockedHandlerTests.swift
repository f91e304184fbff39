import Foundation
import RaceSupport
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("A server whose handlers block their threads", .timeLimit(.minutes(5)))
struct BlockedHandlerTests {
  /// A server of another process, with a number of threads for such handlers.
  private func start(maxHandlerThreads: Int) async throws -> (process: ChildProcess, channel: Channel) {
    let process = try ChildProcess(Locations.executable("race-peer"), ["block", String(maxHandlerThreads)])
    let address = try #require(await process.line(after: "running... "))
    return (process, try Channel(target: address))
  }

  @Test("The log says that further handlers wait for a thread")
  func log() async throws {
    let (server, channel) = try await start(maxHandlerThreads: 4)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 { group.addTask { _ = try await channel.echo(method: HoldService.block) } }
      let line = await server.line(after: "log: ")
      #expect(line?.contains("handlers block or compute, and further ones wait for a thread (limit 4)") == true)
      _ = try await channel.echo(method: HoldService.release)
      try await group.waitForAll()
    }
  }

  @Test("Blocked threads keep no descriptors")
  func descriptors() async throws {
    let (server, channel) = try await start(maxHandlerThreads: 512)
    func count() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.identifier)/fd").count
    }
    _ = await rpcError { try await channel.echo(method: TestServer.echo) }
    let idle = try count()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<250 { group.addTask { _ = try await channel.echo(method: HoldService.block) } }
      for _ in 0..<250 { #expect(await server.line(after: "holding") != nil) }
      #expect(try count() <= idle + 16)
      _ = try await channel.echo(method: HoldService.release)
      try await group.waitForAll()
    }
  }
}
