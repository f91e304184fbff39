import Compute
import CoreGRPC
import Foundation
import TestSupport
import Testing

/// A running Python server, and a client for it.
struct PythonServer: Sendable {
  let process: ChildProcess
  let channel: Channel
  let client: Compute_Compute.Client

  init(_ python: Python, mode: String) async throws {
    process = try python.start("compute_server.py", ["--mode", mode])
    let address = try #require(await process.line(after: "running... "))
    channel = try Channel(target: address)
    client = Compute_Compute.Client(channel: channel)
  }

  func ask(_ text: String, metadata: Metadata = [:], timeout: Duration? = .seconds(60)) async throws(RPCError) -> String
  {
    try await client.sayHello(
      Compute_HelloRequest(helloworld: text),
      metadata: metadata,
      options: CallOptions(timeout: timeout)
    ).result
  }

  /// The error that a call ends with, or `nil` if it succeeds.
  func error(_ text: String, metadata: Metadata = [:], timeout: Duration? = .seconds(60)) async -> RPCError? {
    do throws(RPCError) {
      _ = try await ask(text, metadata: metadata, timeout: timeout)
      return nil
    } catch {
      return error
    }
  }

  func stop() async {
    process.signal(SIGINT)
    let outcome = await process.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
