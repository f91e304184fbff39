import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

/// Calls of which several attempts are made.
@Suite(.timeLimit(.minutes(1)))
struct HedgingTests {
  private static let method = MethodDescriptor(fullyQualifiedService: "test.Hedged", method: "Number", type: .unary)

  /// The end of an attempt at the server.
  private enum Fate: Sendable {
    case answers
    case fails(RPCError.Code, pushback: String? = nil)
    /// It waits until the client cancels it.
    case waits
  }

  /// The attempts that a server sees.
  private final class Seen: Sendable {
    let attempts = Counter()
    let cancelled = Counter()
    /// The attempts' deadlines, in the order of their arrival.
    let deadlines = Locked<[ContinuousClock.Instant]>([])
    /// The numbers of attempts before, as each attempt tells it.
    let previous = Locked<[String?]>([])
    /// Opens when an attempt that waits is cancelled.
    let cancellation = Gate()
  }

  private func config(
    _ policy: HedgingPolicy?,
    throttling: RetryThrottling? = nil,
    timeout: Duration? = nil
  ) -> ServiceConfig {
    ServiceConfig(
      methodConfig: [MethodConfig(names: [.all], timeout: timeout, hedgingPolicy: policy)],
      retryThrottling: throttling
    )
  }

  /// Runs a server whose attempts have the given fates, and then answer.
  private func withServer(
    _ fates: [Fate],
    _ config: ServiceConfig,
    interceptors: [any ClientInterceptor] = [],
    _ body: (Channel, Seen) async throws -> Void
  ) async throws {
    let seen = Seen()
    var router = RPCRouter()
    router.registerHandler(forMethod: Self.method) { (request: ServerRequest<[UInt8]>, context) in
      seen.previous.withLock {
        $0.append(request.metadata[stringValues: "grpc-previous-rpc-attempts"].first { _ in true })
      }
      let attempt = seen.attempts.add()
      if let deadline = context.deadline { seen.deadlines.withLock { $0.append(deadline) } }
      switch attempt <= fates.count ? fates[attempt - 1] : .answers {
      case .answers: break
      case .fails(let code, let pushback):
        var metadata: Metadata = [:]
        if let pushback { metadata.addString(pushback, forKey: "grpc-retry-pushback-ms") }
        throw RPCError(code: code, message: "attempt \(attempt)", metadata: metadata)
      case .waits:
        let cancelled = Gate()
        await withRPCCancellationHandler(of: context.cancellation) {
          await cancelled.pass()
        } onCancelRPC: {
          cancelled.open()
        }
        seen.cancelled.add()
        seen.cancellation.open()
      }
      return ServerResponse(message: [UInt8(attempt)])
    }
    let server = Server(router: router)
    let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    var configuration = Channel.Configuration()
    configuration.serviceConfig = config
    let channel = try Channel(
      target: address.description,
      configuration: configuration,
      interceptors: interceptors
    )
    try await body(channel, seen)
    await server.shutdown(gracePeriod: .zero)
  }

  private func number(_ channel: Channel, options: CallOptions = .defaults) async throws(RPCError) -> UInt8 {
    try await channel.unary(request: ClientRequest(message: []), descriptor: Self.method, options: options).message[0]
  }

  private func error(_ channel: Channel, options: CallOptions = .defaults) async -> RPCError? {
    do throws(RPCError) {
      _ = try await number(channel, options: options)
      return nil
    } catch {
      return error
    }
  }

  @Test
  func `The next attempt begins after the delay, and its answer ends the first`() async throws {
    let policy = HedgingPolicy(maxAttempts: 3, hedgingDelay: .milliseconds(20))
    try await withServer([.waits], config(policy)) { channel, seen in
      // On a busy machine the third may have begun, too.
      let answer = try await number(channel)
      #expect([2, 3].contains(answer))
      await seen.cancellation.pass()
    }
  }

  @Test
  func `An answer before the delay is over needs no other attempt`() async throws {
    let policy = HedgingPolicy(maxAttempts: 5, hedgingDelay: .seconds(600))
    try await withServer([], config(policy)) { channel, seen in
      let answer = try await number(channel)
      #expect(answer == 1)
      #expect(seen.attempts.value == 1)
    }
  }

  @Test
  func `Each attempt tells the server how many there were before`() async throws {
    let policy = HedgingPolicy(maxAttempts: 3, hedgingDelay: .seconds(600), nonFatalStatusCodes: [.unavailable])
    let fates: [Fate] = [.fails(.unavailable), .fails(.unavailable), .answers]
    try await withServer(fates, config(policy)) { channel, seen in
      let answer = try await number(channel)
      #expect(answer == 3)
      #expect(seen.previous.withLock { $0 } == [nil, "1", "2"])
    }
  }

  @Test
  func `The longest delay and timeout are as good as none`() async throws {
    let policy = HedgingPolicy(maxAttempts: 2, hedgingDelay: .seconds(315_576_000_000))
    try await withServer([], config(policy)) { channel, _ in
      let answer = try await number(channel, options: CallOptions(timeout: .seconds(Int64.max)))
      #expect(answer == 1)
    }
  }

  @Test
  func `Without a delay all attempts begin at once`() async throws {
    let policy = HedgingPolicy(maxAttempts: 9, hedgingDelay: .zero)
    // Five are the most.
    try await withServer([.waits, .waits, .waits, .waits], config(policy)) { channel, seen in
      let answer = try await number(channel)
      #expect(answer == 5)
      #expect(seen.attempts.value == 5)
    }
  }

  @Test
  func `A failure that is not fatal has the next attempt begin at once, and the last one is the call's`() async throws {
    let policy = HedgingPolicy(maxAttempts: 3, hedgingDelay: .seconds(600), nonFatalStatusCodes: [.unavailable])
    try await withServer([.fails(.unavailable), .fails(.unavailable)], config(policy)) { channel, _ in
      let answer = try await number(channel)
      #expect(answer == 3)
    }
    let fates = [Fate](repeating: .fails(.unavailable), count: 3)
    try await withServer(fates, config(policy)) { channel, seen in
      let error = await error(channel)
      #expect(error?.code == .unavailable)
      #expect(error?.message == "attempt 3")
      #expect(seen.attempts.value == 3)
    }
  }

  @Test
  func `Any other failure is the call's`() async throws {
    let policy = HedgingPolicy(maxAttempts: 3, hedgingDelay: .seconds(600), nonFatalStatusCodes: [.unavailable])
    try await withServer([.fails(.notFound)], config(policy)) { channel, seen in
      let error = await error(channel)
      #expect(error?.code == .notFound)
      #expect(seen.attempts.value == 1)
    }
  }

  @Test(arguments: ["-1", "soon", ""])
  func `A server forbids further attempts`(pushback: String) async throws {
    let policy = HedgingPolicy(maxAttempts: 3, hedgingDelay: .seconds(600), nonFatalStatusCodes: [.unavailable])
    try await withServer([.fails(.unavailable, pushback: pushback)], config(policy)) { channel, seen in
      let error = await error(channel)
      #expect(error?.message == "attempt 1")
      #expect(seen.attempts.value == 1)
    }
  }

  @Test
  func `A server delays the next attempt`() async throws {
    let policy = HedgingPolicy(maxAttempts: 2, hedgingDelay: .seconds(600), nonFatalStatusCodes: [.unavailable])
    try await withServer([.fails(.unavailable, pushback: "30")], config(policy)) { channel, _ in
      let start = ContinuousClock.now
      let answer = try await number(channel)
      #expect(answer == 2)
      #expect(ContinuousClock.now - start >= .milliseconds(30))
    }
    // A call that is cancelled meanwhile, without an attempt in progress, ends.
    try await withServer([.fails(.unavailable, pushback: "600000")], config(policy)) { channel, seen in
      let call = Task { await error(channel) }
      while seen.attempts.value == 0 { await Task.yield() }
      call.cancel()
      #expect(await call.value?.code == .cancelled)
    }
  }

  @Test
  func `The timeout is that of all attempts together`() async throws {
    let policy = HedgingPolicy(
      maxAttempts: 2,
      hedgingDelay: .seconds(600),
      nonFatalStatusCodes: [.deadlineExceeded, .unavailable]
    )
    // An attempt with the whole time would have a later deadline, by the pushback. C-core sends a time below ten
    // seconds in hundredths of a second.
    let delayed = [Fate.fails(.unavailable, pushback: "2000")]
    try await withServer(delayed, config(policy, timeout: .seconds(9))) { channel, seen in
      let answer = try await number(channel)
      #expect(answer == 2)
      let deadlines = seen.deadlines.withLock { $0 }
      #expect(deadlines.count == 2 && deadlines[1] - deadlines[0] < .milliseconds(1900), "\(deadlines)")
    }
    let fates = [Fate.fails(.unavailable, pushback: "600000")]
    try await withServer(fates, config(policy, timeout: .milliseconds(300))) { channel, _ in
      #expect(await error(channel)?.code == .deadlineExceeded)
    }
  }

  /// An observer that keeps what it sees.
  private final class Ends: ClientCallObserver {
    let ends = Locked<[(code: Status.Code, peer: String?)]>([])

    func callEnded(_ call: borrowing EndedClientCall) {
      let end = (call.code, call.remotePeer)
      ends.withLock { $0.append(end) }
    }
  }

  @Test
  func `Observers see one call, with the server of the attempt that answers`() async throws {
    let (second, attempts) = (Gate(), Counter())
    func makeServer(_ number: UInt8) throws -> (Server, ListenAddress) {
      var router = RPCRouter()
      router.registerHandler(forMethod: Self.method) { (_: ServerRequest<[UInt8]>, context) in
        guard attempts.add() > 1 else {
          await second.pass()
          return ServerResponse(message: [number])
        }
        second.open()
        let cancelled = Gate()
        await withRPCCancellationHandler(of: context.cancellation) {
          await cancelled.pass()
        } onCancelRPC: {
          cancelled.open()
        }
        throw CancellationError()
      }
      let server = Server(router: router)
      let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
      try server.start()
      return (server, address)
    }
    let servers = [try makeServer(0), try makeServer(1)]
    let observer = Ends()
    var configuration = Channel.Configuration()
    var config = config(HedgingPolicy(maxAttempts: 2, hedgingDelay: .milliseconds(10)))
    config.loadBalancingConfig = [.roundRobin]
    configuration.serviceConfig = config
    configuration.callObservers = [observer]
    let target = "ipv4:" + servers.map(\.1.description).joined(separator: ",")
    let channel = try Channel(target: target, configuration: configuration)
    var options = CallOptions(timeout: .seconds(30))
    options.waitForReady = true
    let answer = try await number(channel, options: options)
    let ends = observer.ends.withLock { $0 }
    #expect(ends.map(\.code) == [.ok])
    let port = try #require(servers[Int(answer)].1.port)
    #expect(ends[0].peer?.hasSuffix(":\(port)") == true, "\(ends)")
    for (server, _) in servers { await server.shutdown(gracePeriod: .zero) }
  }

  @Test
  func `Cancelling the task cancels all attempts`() async throws {
    let policy = HedgingPolicy(maxAttempts: 3, hedgingDelay: .zero)
    try await withServer([.waits, .waits, .waits], config(policy)) { channel, seen in
      let call = Task { await error(channel) }
      while seen.attempts.value < 3 { await Task.yield() }
      call.cancel()
      #expect(await call.value?.code == .cancelled)
      while seen.cancelled.value < 3 { await Task.yield() }
    }
  }

  @Test
  func `Without tokens there is one attempt alone`() async throws {
    let policy = HedgingPolicy(maxAttempts: 2, hedgingDelay: .seconds(600), nonFatalStatusCodes: [.unavailable])
    let throttling = RetryThrottling(maxTokens: 2, tokenRatio: 1)
    let fates = [Fate](repeating: .fails(.unavailable), count: 2)
    try await withServer(fates, config(policy, throttling: throttling)) { channel, seen in
      // The first failure leaves one token of two.
      #expect(await error(channel)?.message == "attempt 1")
      #expect(await error(channel)?.message == "attempt 2")
      // Two successes fill up the tokens.
      for _ in 0..<2 { _ = try await number(channel) }
      #expect(seen.attempts.value == 4)
    }
  }

  /// Counts the calls that it sees.
  private struct Counting: ClientInterceptor {
    let calls: Counter

    nonisolated(nonsending) func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingClientRequest<Input>,
      context: ClientContext,
      next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
    ) async throws -> StreamingClientResponse<Output> {
      calls.add()
      return try await next(request, context)
    }
  }

  @Test
  func `Interceptors see one call`() async throws {
    let policy = HedgingPolicy(maxAttempts: 3, hedgingDelay: .zero)
    let calls = Counter()
    try await withServer([], config(policy), interceptors: [Counting(calls: calls)]) { channel, _ in
      _ = try await number(channel)
      #expect(calls.value == 1)
    }
  }

  @Test
  func `The policy is read from JSON, and refused beside a retry policy`() throws {
    let policy = HedgingPolicy(maxAttempts: 4, hedgingDelay: .milliseconds(500), nonFatalStatusCodes: [.aborted])
    let json = try config(policy).json
    #expect(
      json.contains(
        #""hedgingPolicy":{"maxAttempts":4,"hedgingDelay":"0.500000000s","nonFatalStatusCodes":["ABORTED"]}"#
      ),
      "\(json)"
    )
    #expect(
      ServiceConfig(json: json) == config(policy)
        || ServiceConfig(json: json).methodConfig == config(policy).methodConfig
    )
    var both = MethodConfig(names: [.all], hedgingPolicy: policy)
    both.retryPolicy = RetryPolicy(maxAttempts: 2, initialBackoff: .seconds(1), retryableStatusCodes: [.aborted])
    #expect(throws: RuntimeError.self) { try ServiceConfig(methodConfig: [both]).json }
    let once = HedgingPolicy(maxAttempts: 1, hedgingDelay: .zero)
    #expect(throws: RuntimeError.self) { try config(once).json }
    let negative = HedgingPolicy(maxAttempts: 2, hedgingDelay: .seconds(-1))
    #expect(throws: RuntimeError.self) { try config(negative).json }
  }

  @Test
  func `Calls of other kinds are made once`() async throws {
    let policy = HedgingPolicy(maxAttempts: 3, hedgingDelay: .zero)
    let calls = Counter()
    let router = KindsOfCall.router { _ in calls.add() }
    let server = Server(router: router)
    let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    var configuration = Channel.Configuration()
    configuration.serviceConfig = config(policy)
    let channel = try Channel(target: address.description, configuration: configuration)
    try await channel.serverStreaming(
      request: ClientRequest<[UInt8]>(message: []),
      descriptor: KindsOfCall.method(.serverStreaming)
    ) { response in
      for try await _ in response.messages {}
    }
    #expect(calls.value == 1)
    await server.shutdown(gracePeriod: .zero)
  }
}
