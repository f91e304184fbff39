import CoreGRPC
import TestSupport
import Testing

@Suite("Deadlines that propagate", .timeLimit(.minutes(5)))
struct DeadlinePropagationTests {
  /// A server that reports the milliseconds until its caller's deadline, or nothing.
  private func makeReporter() throws -> TestServer {
    try TestServer { _, context in
      guard let deadline = context.deadline else { return ServerResponse(message: []) }
      return ServerResponse(message: Array(String(Int((deadline - .now) / .milliseconds(1))).utf8))
    }
  }

  /// The milliseconds that the reporter saw when a server called it with `options` for a caller with `timeout`.
  private func seen(options: CallOptions, timeout: Duration?) async throws -> Int? {
    let reporter = try makeReporter()
    let channel = reporter.channel
    let middle = try TestServer { _, _ in
      // Through a task of the handler's, as a real service would.
      try await Task { ServerResponse(message: try await channel.echo(options: options).message) }.value
    }
    let message = try await middle.call(options: CallOptions(timeout: timeout)).message
    await middle.server.shutdown()
    await reporter.server.shutdown()
    return Int(String(decoding: message, as: UTF8.self))
  }

  @Test("A handler's deadline bounds the calls that it makes; the earlier one counts")
  func inherited() async throws {
    // C-core sends a timeout with few digits, rounded up: what a server sees may be some hundredths more.
    let inherited = try #require(try await seen(options: .defaults, timeout: .seconds(20)))
    #expect(1...22_000 ~= inherited)
    let own = try #require(try await seen(options: CallOptions(timeout: .seconds(10)), timeout: .seconds(100)))
    #expect(1...11_000 ~= own)
    let outer = try #require(try await seen(options: CallOptions(timeout: .seconds(100)), timeout: .seconds(10)))
    #expect(1...11_000 ~= outer)
  }

  @Test("Without a deadline there is none to inherit, and a call can opt out")
  func notInherited() async throws {
    #expect(try await seen(options: .defaults, timeout: nil) == nil)
    #expect(try await seen(options: CallOptions(inheritsDeadline: false), timeout: .seconds(20)) == nil)
  }

  @Test("An instant is a deadline too")
  func instant() async throws {
    let reporter = try makeReporter()
    try await withShutdown(of: reporter.server) {
      let options = CallOptions(timeout: .seconds(100), deadline: .now + .seconds(10))
      let message = try await reporter.call(options: options).message
      #expect(1...11_000 ~= (Int(String(decoding: message, as: UTF8.self)) ?? 0))
      let past = await #expect(throws: RPCError.self) {
        try await reporter.call(options: CallOptions(deadline: .now - .seconds(1)))
      }
      #expect(past?.code == .deadlineExceeded)
    }
  }
}
