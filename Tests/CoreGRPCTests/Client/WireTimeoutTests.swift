import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Timeouts on the wire", .timeLimit(.minutes(5)))
struct WireTimeoutTests {
  /// From a millisecond to years: powers, and what is a little more or less.
  private static let timeouts: [Duration] = {
    let whole: [Int64] = [
      1, 2, 5, 10, 20, 50, 99, 100, 500, 900, 999, 1_000, 1_500, 2_000, 9_990, 10_000, 30_000, 60_000, 99_900, 100_000,
      120_000,
      999_000, 1_000_000, 3_600_000, 9_990_000, 10_000_000, 36_000_000, 61_200_000, 63_300_000, 86_400_000, 360_000_000,
      600_000_000, 36_000_000_000,
    ]
    var all = whole
    for timeout in whole { all += [timeout - 1, timeout + 1, timeout + timeout / 7, timeout + timeout / 3] }
    let fractions: [Duration] = [.microseconds(1_500), .microseconds(2_000_700), .nanoseconds(10_000_001)]
    return all.filter { $0 > 0 }.map { Duration.milliseconds($0) } + fractions
  }()

  // Each call has a connection of its own: on one that has carried others some builds of C-core may name the timeout of
  // an earlier call that is up to 3 % longer, as that takes less room.

  @Test("A server is told of no more time than the caller gives, and of little less")
  func onTheWire() async throws {
    for timeout in Self.timeouts {
      // On a machine with much to do C-core's clock can be behind by more than is allowed for, and what passes between
      // the call and its headers is that machine's.
      let least = timeout > .seconds(1) ? timeout * 0.99 - .milliseconds(500) : .zero
      var sent = Duration.zero
      for _ in 0..<50 {
        sent = try await toldTimeout(for: timeout)
        if sent <= timeout, sent >= least { break }
      }
      #expect(sent <= timeout && sent >= least, "\(sent) for \(timeout)")
    }
  }

  /// The timeout in the headers of a call; zero if the deadline has overtaken them.
  private func toldTimeout(for timeout: Duration) async throws -> Duration {
    let server = RawServer(answersPings: true)
    let channel = try Channel(target: server.target)
    try await channel.connect()
    let call = Task { try await channel.echo(options: CallOptions(timeout: timeout)) }
    let next = Task {
      _ = await call.result
      return try await channel.echo(metadata: ["x-next": "1"])
    }
    let headers = await server.firstFrame { $0.kind == .headers }
    call.cancel()
    next.cancel()
    _ = await next.result
    let sent = try #require(headers)
    return sent.contains("x-next") ? .zero : try #require(sent.timeout)
  }

  /// Whether C-core itself tells each call's own timeout.
  private static let isExact =
    EngineCapabilities.current.version.hasPrefix("29.") || EngineCapabilities.current.version.hasSuffix("+patched")

  @Test("A connection tells each call's own timeout after a longer one", .enabled(if: isExact))
  func onSharedConnection() async throws {
    try await callWithShorterTimeouts(by: Channel.Configuration())
  }

  @Test("A channel that does not compress headers tells each call's own timeout after a longer one")
  func withoutCompression() async throws {
    var configuration = Channel.Configuration()
    configuration.additionalArguments = ["grpc.http2.hpack_table_size.encoder": 0]
    try await callWithShorterTimeouts(by: configuration)
  }

  /// Makes calls with timeouts that are shorter by less than 3 %, one after the other on one connection.
  private func callWithShorterTimeouts(by configuration: Channel.Configuration) async throws {
    let server = RawServer(answersPings: true)
    let channel = try Channel(target: server.target, configuration: configuration)
    for (index, timeout) in [Duration.seconds(103), .seconds(101), .milliseconds(100_300)].enumerated() {
      let call = Task { try await channel.echo(options: CallOptions(timeout: timeout)) }
      let headers = await server.firstFrame { $0.kind == .headers && $0.stream == UInt32(2 * index + 1) }
      call.cancel()
      _ = await call.result
      #expect(try #require(headers?.timeout) <= timeout)
    }
  }

  @Test("An inherited deadline is told as strictly")
  func inherited() async throws {
    for timeout in [Duration.seconds(2), .milliseconds(2_345), .seconds(100)] {
      let least = timeout * 0.99 - .milliseconds(500)
      var sent = Duration.zero
      for _ in 0..<50 {
        sent = try await toldInheritedTimeout(for: timeout)
        if sent <= timeout, sent >= least { break }
      }
      #expect(sent <= timeout && sent >= least, "\(sent) for \(timeout)")
    }
  }

  /// The timeout in the headers of a call that a handler makes.
  private func toldInheritedTimeout(for timeout: Duration) async throws -> Duration {
    let server = RawServer(answersPings: true)
    let channel = try Channel(target: server.target)
    let front = try TestServer { request, _ in
      ServerResponse(message: try await channel.echo(request.message).message)
    }
    let call = Task { try await front.call(options: CallOptions(timeout: timeout)) }
    let headers = await server.firstFrame { $0.kind == .headers }
    call.cancel()
    _ = await call.result
    await front.server.shutdown(gracePeriod: .zero)
    return try #require(headers?.timeout)
  }

  @Test("The time that a call gets is the longest that C-core can tell without rounding up")
  func longest() {
    for timeout in Self.timeouts {
      let milliseconds = WireTimeout.longest(within: timeout)
      let told = Duration.milliseconds(WireTimeout.encoded(milliseconds))
      #expect(told <= timeout && milliseconds > 0, "\(timeout)")
      #expect(.milliseconds(milliseconds) > timeout * 0.99 - .milliseconds(1), "\(timeout)")
    }
    #expect(WireTimeout.longest(within: .seconds(2)) == 2_000)
    #expect(WireTimeout.longest(within: .milliseconds(2_005)) == 2_000)
    #expect(WireTimeout.longest(within: .milliseconds(999)) == 999)
    #expect(WireTimeout.longest(within: .seconds(90)) == 90_000)
    #expect(WireTimeout.longest(within: .microseconds(999)) == 0)
    #expect(WireTimeout.longest(within: .zero) == 0)
  }

  @Test("The time to which C-core rounds up is known")
  func encoding() {
    let cases: [(Int64, Int64)] = [
      (1, 1), (999, 999), (1_000, 1_000), (1_001, 1_010), (2_000, 2_000), (2_001, 2_010), (9_991, 10_000),
      (10_001, 10_100),
      (99_901, 100_000), (100_001, 101_000), (999_001, 1_000_000), (1_001_000, 1_010_000), (10_001_000, 10_100_000),
      (10_010_000, 10_100_000), (63_300_000, 63_600_000), (360_000_000, 360_000_000), (200_000_000_000, 97_200_000_000),
    ]
    for (given, expected) in cases { #expect(WireTimeout.encoded(given) == expected, "\(given)") }
  }
}

extension HTTP2Frame {
  /// The value of `grpc-timeout` in these headers.
  var timeout: Duration? {
    let name = Array("grpc-timeout".utf8)
    guard let start = payload.indices.first(where: { payload[$0...].starts(with: name) }) else { return nil }
    let value = payload[(start + name.count)...]
    guard let length = value.first, value.count > Int(length) else { return nil }
    let text = String(decoding: value.dropFirst().prefix(Int(length)), as: UTF8.self)
    guard let unit = text.last, let number = Int64(text.dropLast()) else { return nil }
    return switch unit {
    case "n": .nanoseconds(number)
    case "u": .microseconds(number)
    case "m": .milliseconds(number)
    case "S": .seconds(number)
    case "M": .seconds(60 * number)
    case "H": .seconds(3_600 * number)
    default: nil
    }
  }
}
