import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Extreme durations", .timeLimit(.minutes(5)))
struct DurationTests {
  static let extremes: [Duration] = [
    Duration(attoseconds: .max), Duration(attoseconds: .min), .seconds(Int64.max), .seconds(Int64.min), .seconds(1e19),
    .seconds(-1e19), .nanoseconds(Int64.max), .seconds(9_223_372_036), .seconds(9_223_372_037),
    .milliseconds(Int64.max),
    .seconds(Int32.max), .zero, .nanoseconds(1), .nanoseconds(-1), Duration(attoseconds: 1), Duration(attoseconds: -1),
    .seconds(100 * 365 * 86_400),
  ]

  @Test("A call may have any timeout and any deadline", arguments: extremes)
  func calls(duration: Duration) async throws {
    try await withTestServer { (test) async throws in
      let isLong = duration >= .seconds(9)
      #expect(
        await rpcError { try await test.call(options: CallOptions(timeout: duration)) }?.code
          == (isLong ? nil : .deadlineExceeded)
      )
      // What a program can add to an instant without ending itself.
      let deadline = ContinuousClock.Instant.now.advanced(by: duration / 2)
      let isFar = duration / 2 >= .seconds(9)
      #expect(
        await rpcError { try await test.call(options: CallOptions(deadline: deadline)) }?.code
          == (isFar ? nil : .deadlineExceeded)
      )
      let both = CallOptions(timeout: duration, deadline: deadline)
      #expect(await rpcError { try await test.call(options: both) }?.code == (isFar ? nil : .deadlineExceeded))
    }
  }

  @Test("A channel may wait any time for its connection", arguments: extremes)
  func connecting(duration: Duration) async throws {
    try await withTestServer { test in
      let code = await rpcError { try await test.channel.connect(timeout: duration) }?.code
      // Where there is time, and where the connection was there before it was over.
      #expect(code == nil || code == .deadlineExceeded && duration < .seconds(9))
    }
  }

  @Test("A server may be given any grace period", arguments: extremes)
  func gracePeriods(duration: Duration) async throws {
    try await withTestServer { test in
      _ = try await test.call()
      test.server.beginGracefulShutdown(gracePeriod: duration)
      await test.server.shutdown(gracePeriod: duration)
    }
  }

  @Test("Channels and servers may be set to any duration", arguments: extremes)
  func settings(duration: Duration) async throws {
    var server = Server.Configuration()
    server.handshakeTimeout = duration
    server.keepalive = .init(time: duration, timeout: duration, minPingInterval: duration)
    server.connectionAge = .init(maxIdleTime: duration, maxAge: duration, maxGraceTime: duration)
    var channel = Channel.Configuration()
    channel.keepalive = .init(time: duration, timeout: duration)
    channel.backoff = .init(initial: duration, minConnectTimeout: duration, max: duration)
    channel.idleTimeout = duration
    for arguments in [server.arguments, channel.arguments] {
      guard case .integer(let milliseconds) = arguments["grpc.keepalive_time_ms"] else {
        Issue.record("no number for \(duration)")
        continue
      }
      let isRounded = duration <= .zero ? milliseconds == 0 : milliseconds >= 1
      #expect(
        isRounded && (milliseconds == .max) == (duration >= .milliseconds(Int32.max)),
        "\(milliseconds) for \(duration)"
      )
    }
    // C-core takes them; the service config refuses by name what gRPC does not allow.
    try await withTestServer(configuration: server, channelConfiguration: channel) { test in
      await test.server.shutdown(gracePeriod: .zero)
      let retries = RetryPolicy(
        maxAttempts: 2,
        initialBackoff: duration,
        maxBackoff: duration,
        retryableStatusCodes: [.unavailable]
      )
      let config = ServiceConfig(
        methodConfig: [MethodConfig(names: [.all], timeout: duration, retryPolicy: retries)]
      )
      let isAllowed = duration >= .nanoseconds(1) && duration <= .seconds(315_576_000_000)
      #expect(((try? config.json) != nil) == isAllowed, "\(duration)")
    }
  }
}
