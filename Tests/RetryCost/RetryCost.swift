import CoreGRPC
import Foundation

/// Counts the calls that are lost when one of three servers ends under load, or connections do, with retries and
/// without.
///
/// `retry-cost` prints a table. `retry-cost serve` is one of its servers, which says its port and serves until SIGTERM.
@main
struct RetryCost {
  static let method = MethodDescriptor(fullyQualifiedService: "test.RetryCost", method: "Echo")

  static func main() async throws {
    switch CommandLine.arguments.dropFirst().first {
    case "serve": return try await serve(maximumAge: nil)
    case "serve-aging": return try await serve(maximumAge: .milliseconds(100))
    default: break
    }
    let rounds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 5
    print("policy       end       retries   calls   lost  codes")
    for policy in [LoadBalancingConfig.pickFirst, .roundRobin] {
      for end in [End.graceful, .killed, .age] {
        for retries in [true, false] {
          var total = Outcome()
          for _ in 0..<rounds { total += try await round(policy, end, retries: retries) }
          let name = policy == .pickFirst ? "pick_first " : "round_robin"
          let lost = total.codes.values.reduce(0, +)
          let codes = total.codes.map { "\($0) \($1)" }.sorted().joined(separator: ", ")
          let columns = [
            name, end.rawValue, retries ? "on    " : "off   ",
            String(repeating: " ", count: max(0, 7 - "\(total.calls)".count)) + "\(total.calls)",
            String(repeating: " ", count: max(0, 5 - "\(lost)".count)) + "\(lost)", codes,
          ]
          print(columns.joined(separator: "  "))
        }
      }
    }
  }

  /// The servers or connections that end.
  enum End: String {
    /// One of the servers, by SIGTERM.
    case graceful
    /// One of the servers, by SIGKILL.
    case killed = "SIGKILL "
    /// Every connection, each tenth of a second.
    case age = "age     "
  }

  struct Outcome: Sendable {
    var calls = 0
    var codes: [RPCError.Code: Int] = [:]

    static func += (one: inout Outcome, other: Outcome) {
      one.calls += other.calls
      one.codes.merge(other.codes, uniquingKeysWith: +)
    }
  }

  /// Calls three servers for a second, and ends the first one in the middle, unless connections end by their age.
  static func round(_ policy: LoadBalancingConfig, _ ending: End, retries: Bool) async throws -> Outcome {
    let servers = try (0..<3).map { _ in try Peer(ending == .age ? "serve-aging" : "serve") }
    defer { servers.forEach { $0.end(SIGKILL) } }
    var configuration = Channel.Configuration()
    configuration.allowsRetries = retries
    configuration.serviceConfig = ServiceConfig(loadBalancingConfig: [policy])
    let target = "ipv4:" + servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
    let channel = try Channel(target: target, configuration: configuration)
    _ = try await call(channel)
    let end = ContinuousClock.now + .seconds(1)
    return try await withThrowingTaskGroup(of: Outcome.self) { group in
      for _ in 0..<64 {
        group.addTask {
          var outcome = Outcome()
          while ContinuousClock.now < end {
            outcome.calls += 1
            do throws(RPCError) {
              _ = try await call(channel)
            } catch {
              outcome.codes[error.code, default: 0] += 1
            }
          }
          return outcome
        }
      }
      try await Task.sleep(for: .milliseconds(500))
      if ending != .age { servers[0].end(ending == .graceful ? SIGTERM : SIGKILL) }
      var outcome = Outcome()
      for try await one in group { outcome += one }
      return outcome
    }
  }

  static func call(_ channel: Channel) async throws(RPCError) -> [UInt8] {
    try await channel.unary(
      request: ClientRequest(message: [1, 2, 3]),
      descriptor: method,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: CallOptions(timeout: .seconds(20))
    ).message
  }

  static func serve(maximumAge: Duration?) async throws {
    var router = RPCRouter()
    router.registerHandler(
      forMethod: method,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in ServerResponse(message: request.message) }
    )
    var configuration = Server.Configuration()
    configuration.connectionAge.maxAge = maximumAge
    let server = Server(router: router, configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    signal(SIGTERM, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGTERM)
    source.setEventHandler { server.beginGracefulShutdown(gracePeriod: .seconds(5)) }
    source.resume()
    FileHandle.standardOutput.write(Data("\(address.port ?? 0)\n".utf8))
    await server.waitUntilStopped()
    source.cancel()
  }
}

/// A server in a process of its own.
struct Peer {
  let port: Int
  private let process = Process()

  init(_ command: String) throws {
    let output = Pipe()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = [command]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(text.trimmingCharacters(in: .newlines)) else {
      throw RPCError(code: .unavailable, message: "the server does not say its port")
    }
    self.port = port
  }

  func end(_ signal: Int32) {
    guard process.isRunning else { return }
    kill(process.processIdentifier, signal)
    if signal == SIGKILL { process.waitUntilExit() }
  }
}
