import CoreGRPC
import Foundation
import StreamSupport
import TestSupport
import Testing

/// A running Python server of the four kinds of call, and a channel to it.
struct PythonStreamServer: Sendable {
  let process: ChildProcess
  let calls: StreamCalls
  private let address: String

  init(_ python: Python, mode: String) async throws {
    process = try python.start("stream_server.py", ["--mode", mode])
    address = try #require(await process.line(after: "running... "))
    calls = StreamCalls(channel: try Channel(target: address))
  }

  /// Calls over another connection.
  ///
  /// A call over the one of ``calls`` makes C-core measure its bandwidth again, and let the other end send more that
  /// nobody reads.
  func callsBeside() throws -> StreamCalls {
    var configuration = Channel.Configuration()
    configuration.usesLocalSubchannelPool = true
    return StreamCalls(channel: try Channel(target: address, configuration: configuration))
  }

  func stop() async {
    process.signal(SIGINT)
    let outcome = await process.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
