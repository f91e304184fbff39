import CoreGRPC
import Foundation
import Synchronization

/// A client that begins calls at a steady rate, whatever the earlier ones do.
///
/// It prints a line for each call that ends: `START END KIND SERVER CODE ATTEMPTS MESSAGE`. The times are those of the
/// monotonic clock, in milliseconds. SERVER is that of the first message that has come, or a dash, and ATTEMPTS the
/// number of attempts before the last.
struct FleetClient {
  /// The kinds of calls, each as often as it is called.
  ///
  /// The order is random: if they came in turn, a kind of call would get the same servers each time.
  private static let kinds: [MethodDescriptor.RPCType] = [
    .unary, .unary, .unary, .unary, .unary, .unary, .unary, .clientStreaming, .serverStreaming, .bidirectionalStreaming,
  ]

  private let channel: Channel
  private let seconds: Int
  private let rate: Int
  private let calls: Int
  private let callOptions: CallOptions

  init(_ options: FleetOptions) throws {
    seconds = try options.number("seconds", default: 10, in: 1...600)
    rate = try options.number("rate", default: 200, in: 1...2_000)
    calls = try options.number("calls", default: 2_000, in: 1...1_000_000)
    let deadline = try options.number("deadline", default: 10, in: 1...60)
    callOptions = CallOptions(timeout: .seconds(deadline), waitForReady: true)

    var configuration = Channel.Configuration()
    configuration.usesHTTPProxy = false
    // A server that is silent for a second gets a ping, and has two seconds to answer.
    configuration.keepalive.time = .seconds(1)
    configuration.keepalive.timeout = .seconds(2)
    configuration.backoff.max = .seconds(2)
    configuration.minTimeBetweenResolutions = .seconds(1)
    let retries = try options.number("retries", default: 1, in: 0...1) == 1
    if let file = options["xds-bootstrap"] {
      // The control plane says which calls are retried, and how they are distributed.
      configuration.xdsBootstrap = .file(file)
      configuration.allowsRetries = retries
    } else {
      let policy = RetryPolicy(
        maxAttempts: 5,
        initialBackoff: .milliseconds(100),
        maxBackoff: .seconds(1),
        retryableStatusCodes: [.unavailable]
      )
      let delay = try options["hedging"].map { _ in try options.number("hedging", default: 0, in: 0...60_000) }
      let hedging = delay.map { HedgingPolicy(maxAttempts: 2, hedgingDelay: .milliseconds($0)) }
      let method = MethodConfig(
        names: [.all],
        retryPolicy: retries && hedging == nil ? policy : nil,
        hedgingPolicy: hedging
      )
      configuration.serviceConfig = ServiceConfig(
        methodConfig: [method],
        loadBalancingConfig: [.roundRobin]
      )
    }
    let credentials: ChannelCredentials =
      options["ca"].map { .tls(trustRoots: .certificates(.file($0))) } ?? .insecure
    channel = try Channel(
      target: options.required("target"),
      credentials: credentials,
      configuration: configuration
    )
  }

  func run() async throws {
    let clock = ContinuousClock()
    let interval = Duration.seconds(1) / rate
    var next = clock.now
    let end = next + .seconds(seconds)
    let over = Atomic(false)
    let source = FleetPeer.onTermination { over.store(true, ordering: .relaxed) }
    try await withThrowingDiscardingTaskGroup { group in
      while next < end, !over.load(ordering: .relaxed) {
        let kind = Self.kinds.randomElement() ?? .unary
        group.addTask { await call(kind) }
        next += interval
        try await clock.sleep(until: next)
      }
    }
    source.cancel()
    FleetPeer.say("over")
  }

  /// Makes calls one after the other, and prints the median and the 99th percentile of their times in microseconds.
  func measureCost() async throws {
    let clock = ContinuousClock()
    var times: [Duration] = []
    for _ in 0..<calls {
      let began = clock.now
      _ = try await channel.unary(
        request: ClientRequest(message: [1, 2, 3]),
        descriptor: FleetPeer.echo,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer(),
        options: callOptions
      ).message
      times.append(clock.now - began)
    }
    times.sort()
    FleetPeer.say("\(times[calls / 2] / .microseconds(1)) \(times[calls * 99 / 100] / .microseconds(1))")
  }

  private static func milliseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
  }

  private func call(_ kind: MethodDescriptor.RPCType) async {
    let began = Self.milliseconds()
    let answer = FirstAnswer()
    var code = "OK"
    var message = ""
    do {
      try await call(kind, answer)
    } catch let error as RPCError {
      code = "\(error.code)"
      message = " " + error.message.replacing("\n", with: " ")
    } catch {
      code = "UNKNOWN"
      message = " \(error)"
    }
    let ended = Self.milliseconds()
    let parts = answer.text.withLock { $0 }.split(separator: " ")
    FleetPeer.say("\(began) \(ended) \(kind) \(parts[0]) \(code) \(parts[1])\(message)")
  }

  /// The first message of a response: the server's name, and the number of attempts before.
  private final class FirstAnswer: Sendable {
    let text = Mutex("- 0")

    func set(_ message: [UInt8]) { text.withLock { $0 = String(decoding: message, as: UTF8.self) } }
  }

  /// Makes a call, and keeps the message that comes first.
  private func call(_ kind: MethodDescriptor.RPCType, _ answer: FirstAnswer) async throws {
    let request = ClientRequest<[UInt8]>(message: [1, 2, 3])
    let requests = StreamingClientRequest<[UInt8]> { writer in
      for index in 0..<FleetServer.messages {
        if index > 0 { try await Task.sleep(for: FleetServer.pause) }
        try await writer.write([1, 2, 3])
      }
    }
    @Sendable func read(_ response: StreamingClientResponse<[UInt8]>) async throws {
      var count = 0
      for try await message in response.messages {
        if count == 0 { answer.set(message) }
        count += 1
      }
      guard count == FleetServer.messages else { throw RPCError(code: .dataLoss, message: "\(count) messages") }
    }
    let method = FleetPeer.method(kind)
    let serializer = IdentitySerializer()
    let deserializer = IdentityDeserializer()
    switch kind {
    case .unary:
      let response = try await channel.unary(
        request: request,
        descriptor: method,
        serializer: serializer,
        deserializer: deserializer,
        options: callOptions
      )
      answer.set(response.message)
    case .clientStreaming:
      let response = try await channel.clientStreaming(
        request: requests,
        descriptor: method,
        serializer: serializer,
        deserializer: deserializer,
        options: callOptions
      )
      answer.set(response.message)
    case .serverStreaming:
      try await channel.serverStreaming(
        request: request,
        descriptor: method,
        serializer: serializer,
        deserializer: deserializer,
        options: callOptions,
        onResponse: { response in try await read(response) }
      )
    case .bidirectionalStreaming:
      try await channel.bidirectionalStreaming(
        request: requests,
        descriptor: method,
        serializer: serializer,
        deserializer: deserializer,
        options: callOptions,
        onResponse: { response in try await read(response) }
      )
    }
  }
}
