import CoreGRPC
import Foundation
import TestSupport
import Testing

/// A running Python server of the four kinds of call, and a channel to it.
struct PythonStreamServer: Sendable {
  let process: ChildProcess
  let calls: StreamCalls

  init(_ python: Python, mode: String) async throws {
    process = try python.start("stream_server.py", ["--mode", mode])
    let address = try #require(await process.line(after: "running... "))
    calls = StreamCalls(channel: try Channel(target: address))
  }

  func stop() async {
    process.signal(SIGINT)
    let outcome = await process.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
