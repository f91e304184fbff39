import CoreGRPC
import Foundation
import Synchronization

/// Measures what a call feels beside handlers that block, compute or yield: for each arrangement a server in a process
/// of its own.
@main
struct BenchScheduler {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "serve": try await serve(executor: arguments.dropFirst().first ?? "pollers")
    case "measure":
      let executors =
        arguments.dropFirst().first == "both" ? ["pollers", "pool"] : Array(arguments.dropFirst().prefix(1))
      guard !executors.isEmpty, executors.allSatisfy(["pollers", "pool"].contains) else { return printUsage() }
      try await Measurement(executors: executors).run(only: arguments.dropFirst(2).compactMap { Int($0) })
    case "figures":
      guard arguments.count == 3, let row = arguments.last.flatMap({ Int($0) }) else { return printUsage() }
      try await Measurement(executors: [arguments[arguments.startIndex + 1]]).printFigures(of: row)
    default: printUsage()
    }
  }

  private static func printUsage() {
    print(
      """
      usage: bench-scheduler measure pollers|pool|both [ROW...]: prints a table of what calls feel beside others
             bench-scheduler figures pollers|pool ROW: prints the figures of one row as a line of JSON
      """
    )
  }

  static func method(_ name: String) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "bench.Scheduler", method: name)
  }

  /// The number of methods `Spin0`, `Spin1` and so on.
  static let spinningMethodCount = 16

  /// The delay with which handlers of `Wait` learned that their calls were over.
  private static let lateness = Lateness()

  private static func serve(executor: String) async throws {
    var router = RPCRouter()
    func register(_ name: String, _ body: @escaping @Sendable (Int) async -> Void) {
      router.registerHandler(
        forMethod: method(name),
        deserializer: IdentityDeserializer(),
        serializer: IdentitySerializer(),
        handler: { (request: ServerRequest<[UInt8]>, _) in
          let milliseconds = request.message.reduce(0) { $0 << 8 | Int($1) }
          await body(milliseconds)
          return ServerResponse(message: request.message)
        }
      )
    }
    register("Echo") { _ in }
    register("Block") { usleep(UInt32($0) * 1000) }
    register("Spin") { milliseconds in
      let end = ContinuousClock.now + .milliseconds(milliseconds)
      while ContinuousClock.now < end {}
    }
    for number in 0..<spinningMethodCount {
      register("Spin\(number)") { milliseconds in
        let end = ContinuousClock.now + .milliseconds(milliseconds)
        while ContinuousClock.now < end {}
      }
    }
    register("Work") { microseconds in
      let end = ContinuousClock.now + .microseconds(microseconds)
      while ContinuousClock.now < end {}
    }
    register("BlockInChildren") { milliseconds in
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<20 { group.addTask { usleep(UInt32(milliseconds) * 1000) } }
      }
    }
    register("SpinInChildren") { milliseconds in
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<20 {
          group.addTask {
            let end = ContinuousClock.now + .milliseconds(milliseconds)
            while ContinuousClock.now < end {}
          }
        }
      }
    }
    register("Yield") { milliseconds in
      let end = ContinuousClock.now + .milliseconds(milliseconds)
      while ContinuousClock.now < end, !Task.isCancelled { await Task.yield() }
    }
    router.registerHandler(
      forMethod: method("Wait"),
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in
        // The time at which the call is to end.
        let dueTime = request.message.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        try await withTaskCancellationHandler {
          try await Task.sleep(for: .seconds(60))
        } onCancel: {
          lateness.add(monotonicNanoseconds(), dueAt: dueTime)
        }
        return ServerResponse(message: request.message)
      }
    )
    register("BlockOnCancel") { milliseconds in
      await withTaskCancellationHandler {
        try? await Task.sleep(for: .seconds(60))
      } onCancel: {
        usleep(UInt32(milliseconds) * 1000)
      }
    }
    var configuration = Server.Configuration()
    configuration.handlerExecutor = executor == "pool" ? .concurrentPool : .pollers
    let server = Server(router: router, configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    print(address)
    fflush(nil)
    // Until standard input is closed.
    Thread.detachNewThread {
      while let line = readLine() {
        switch line {
        case "descriptors":
          let count = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? -1
          print(count)
        case "late": print(lateness.description)
        case "shutdown":
          let began = ContinuousClock.now
          let done = DispatchSemaphore(value: 0)
          // A thread of its own waits: Swift's pool may be busy.
          server.beginGracefulShutdown(gracePeriod: .milliseconds(500))
          Task {
            await server.waitUntilStopped()
            done.signal()
          }
          _ = done.wait(timeout: .now() + 60)
          print(Int((ContinuousClock.now - began) / .milliseconds(1)))
        default: print("?")
        }
        fflush(nil)
      }
      exit(0)
    }
    while true { try await Task.sleep(for: .seconds(3600)) }
  }
}

struct Measurement {
  struct Row {
    var name: String
    /// The target that the pollers must meet.
    var target = ""
    var measure: (Peer) async throws -> Figures
  }

  /// The results of a row, for people and by names.
  struct Figures {
    var text: String
    var values: [String: Double]
  }

  let executors: [String]

  private var rows: [Row] {
    let inTime = "≤ 50 ms"
    return [
      Row(name: "echo alone") { await latencies($0, seconds: 2) },
      Row(name: "echo beside 600 handlers that block 3 s", target: "p50 ≤ 1, p99 ≤ 50 ms") {
        await beside($0, "Block", 3000, count: 600, once: true)
      },
      Row(name: "echo beside 200 handlers that spin 4 s", target: "p50 ≤ 5, p99 ≤ 100 ms") {
        await beside($0, "Spin", 4000, count: 200, once: true)
      },
      Row(name: "20 ms blocks, 200 at a time", target: "≥ 8,000/s") {
        await throughput($0, "Block", 20, concurrency: 200, seconds: 4)
      },
      Row(name: "echo beside 16 clients of a 2 ms block", target: "≥ half of its rate alone") {
        await beside($0, "Block", 2, count: 16, once: false)
      },
      Row(name: "echo beside 16 handlers that yield") { await beside($0, "Yield", 4000, count: 16, once: true) },
      Row(name: "in time, alone", target: inTime) { await timeliness($0, nil) },
      Row(name: "in time beside 1,000 handlers that yield", target: inTime) { await timeliness($0, "Yield") },
      Row(name: "in time beside 1,000 that block 3 s", target: inTime) { await timeliness($0, "Block") },
      Row(name: "in time beside 1,000 that spin 3 s", target: inTime) { await timeliness($0, "Spin") },
      Row(name: "in time beside 1,000 that block 1 s in onCancel", target: inTime) {
        await timeliness($0, "BlockOnCancel")
      },
      Row(name: "200 µs of computing, 64 at a time") {
        await throughput($0, "Work", 200, unit: 1_000_000, concurrency: 64, seconds: 4)
      },
      Row(name: "descriptors, idle and with 250 blocks", target: "≤ idle + 16") { await descriptors($0) },
      Row(name: "echo beside 600 child tasks that block 3 s", target: "p50 ≤ 1, p99 ≤ 50 ms") {
        await beside($0, "BlockInChildren", 3000, count: 30, once: true)
      },
      Row(name: "echo beside 200 child tasks that spin 4 s", target: "p50 ≤ 5, p99 ≤ 100 ms") {
        await beside($0, "SpinInChildren", 4000, count: 10, once: true)
      },
      Row(name: "in time beside 1,000 child tasks that block 3 s", target: inTime) {
        await timeliness($0, "BlockInChildren", count: 50)
      },
      Row(name: "echo beside 200 handlers of 16 methods that spin 4 s", target: "p50 ≤ 5, p99 ≤ 100 ms") {
        await beside($0, "Spin", 4000, count: 200, once: true, methodCount: BenchScheduler.spinningMethodCount)
      },
    ]
  }

  func run(only: [Int]) async throws {
    print("| | what | target | \(executors.joined(separator: " | ")) |")
    print("|---|---|---|\(String(repeating: "---|", count: executors.count))")
    for (index, row) in rows.enumerated() where only.isEmpty || only.contains(index) {
      var results: [String] = []
      for executor in executors {
        let peer = try Peer(executor: executor)
        results.append(try await row.measure(peer).text)
        peer.stop()
      }
      print("| \(index) | \(row.name) | \(row.target) | \(results.joined(separator: " | ")) |")
      fflush(nil)
    }
  }

  /// Prints a row's figures with the first executor.
  func printFigures(of number: Int) async throws {
    guard rows.indices.contains(number), let executor = executors.first else { exit(64) }
    let peer = try Peer(executor: executor)
    let figures = try await rows[number].measure(peer)
    peer.stop()
    let fields = figures.values.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
    print("{\(fields.joined(separator: ", "))}")
  }

  private func latencies(_ peer: Peer, seconds: Double) async -> Figures {
    var all: [Double] = []
    var failures = 0
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      let began = ContinuousClock.now
      do {
        // Swift's pool may have no thread for minutes.
        try await peer.call("Echo", 0, timeout: .seconds(2))
      } catch {
        failures += 1
      }
      all.append((ContinuousClock.now - began) / .milliseconds(1))
    }
    all.sort()
    func quantile(_ q: Double) -> Double { all[min(all.count - 1, Int(Double(all.count) * q))] }
    let (p50, p99, greatest, rate) = (quantile(0.5), quantile(0.99), quantile(1), Double(all.count) / seconds)
    return Figures(
      text: String(format: "p50 %.2f p99 %.2f max %.2f ms, %.0f/s, %d failed", p50, p99, greatest, rate, failures),
      values: ["p50": p50, "p99": p99, "max": greatest, "rate": rate, "failed": Double(failures)]
    )
  }

  /// - Parameter methodCount: The number of methods that are called by turns, each by its number after the name; `nil`
  ///   for the method of that name.
  private func beside(
    _ peer: Peer,
    _ method: String,
    _ milliseconds: Int,
    count: Int,
    once: Bool,
    methodCount: Int? = nil
  ) async -> Figures {
    await withTaskGroup(of: Void.self, returning: Figures.self) { group in
      for index in 0..<count {
        let method = methodCount.map { "\(method)\(index % $0)" } ?? method
        group.addTask {
          repeat {
            do { try await peer.call(method, milliseconds, other: index) } catch { return }
          } while !once && !Task.isCancelled
        }
      }
      try? await Task.sleep(for: .milliseconds(100))
      let result = await latencies(peer, seconds: 2)
      group.cancelAll()
      return result
    }
  }

  private func throughput(
    _ peer: Peer,
    _ method: String,
    _ length: Int,
    unit: Int = 1000,
    concurrency: Int,
    seconds: Double
  ) async -> Figures {
    let end = ContinuousClock.now + .seconds(seconds)
    let count = await withTaskGroup(of: Int.self) { group in
      for index in 0..<concurrency {
        group.addTask {
          var count = 0
          while ContinuousClock.now < end {
            guard (try? await peer.call(method, length, other: index)) != nil else { break }
            count += 1
          }
          return count
        }
      }
      return await group.reduce(0, +)
    }
    let rate = Double(count) / seconds
    return Figures(text: "\(Int(rate))/s of \(concurrency * unit / length)", values: ["rate": rate])
  }

  /// Has calls wait beside others, half of them with a deadline, the others until they are cancelled, and then shuts
  /// down.
  private func timeliness(_ peer: Peer, _ method: String?, count: Int = 1000) async -> Figures {
    await withTaskGroup(of: Void.self, returning: Figures.self) { group in
      if let method {
        for index in 0..<count {
          group.addTask {
            let isCancelled = method == "BlockOnCancel"
            // Spread over a second, as no machine tells a thousand handlers at the same time.
            let timeout = isCancelled ? Duration.milliseconds(300 + index) : nil
            _ = try? await peer.call(method, isCancelled ? 1000 : 3000, other: index, timeout: timeout)
          }
        }
      }
      try? await Task.sleep(for: .milliseconds(200))
      let atClient = Lateness()
      await withTaskGroup(of: Void.self) { calls in
        for index in 0..<40 {
          calls.addTask {
            let dueTime = monotonicNanoseconds() + 200_000_000
            let call = Task {
              _ = try? await peer.wait(until: dueTime, timeout: index.isMultiple(of: 2) ? .milliseconds(200) : nil)
              return monotonicNanoseconds()
            }
            if !index.isMultiple(of: 2) {
              try? await Task.sleep(for: .milliseconds(200))
              call.cancel()
            }
            atClient.add(await call.value, dueAt: dueTime)
          }
          try? await Task.sleep(for: .milliseconds(40))
        }
      }
      let atServer = peer.ask("late")
      let shutdown = Int(peer.ask("shutdown")).map { max(0, $0 - 500) } ?? -1
      group.cancelAll()
      // As the server writes it.
      let latestHandler = atServer.split(separator: "latest ").last?.prefix { $0.isNumber }
      return Figures(
        text: "clients \(atClient), handlers \(atServer), shutdown \(shutdown) ms late",
        values: [
          "client": atClient.latest, "handler": latestHandler.flatMap { Double($0) } ?? -1,
          "shutdown": Double(shutdown),
        ]
      )
    }
  }

  private func descriptors(_ peer: Peer) async -> Figures {
    try? await peer.call("Echo", 0)
    let idle = peer.ask("descriptors")
    return await withTaskGroup(of: Void.self, returning: Figures.self) { group in
      for _ in 0..<250 { group.addTask { _ = try? await peer.call("Block", 2000) } }
      try? await Task.sleep(for: .milliseconds(1500))
      let busy = peer.ask("descriptors")
      group.cancelAll()
      return Figures(
        text: "\(idle) and \(busy)",
        values: ["idle": Double(idle) ?? -1, "busy": Double(busy) ?? -1]
      )
    }
  }
}

/// The delays with which some things happened.
final class Lateness: Sendable, CustomStringConvertible {
  private let milliseconds = Mutex<[Double]>([])

  func add(_ time: UInt64, dueAt dueTime: UInt64) {
    milliseconds.withLock { $0.append(max(0, Double(time) - Double(dueTime)) / 1_000_000) }
  }

  /// The longest delay in milliseconds.
  var latest: Double { milliseconds.withLock { $0.max() } ?? 0 }

  var description: String {
    let sorted = milliseconds.withLock { $0.sorted() }
    guard let last = sorted.last else { return "none" }
    let late = sorted.count { $0 > 50 }
    return String(
      format: "%d: median %.0f, latest %.0f ms, %d over 50 ms",
      sorted.count,
      sorted[sorted.count / 2],
      last,
      late
    )
  }
}

/// The time of the system's monotonic clock, the same in all processes.
func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// A server in a process of its own, and channels to it.
final class Peer: Sendable {
  private let process: Process
  private let input: FileHandle
  private let output: FileHandle
  private let channel: Channel
  private let others: [Channel]

  init(executor: String) throws {
    let process = Process()
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["serve", executor]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    self.process = process
    self.input = input.fileHandleForWriting
    self.output = output.fileHandleForReading
    let target = Self.line(of: output.fileHandleForReading)
    var configuration = Channel.Configuration()
    configuration.usesLocalSubchannelPool = true
    channel = try Channel(target: target, configuration: configuration)
    others = try (0..<8).map { _ in try Channel(target: target, configuration: configuration) }
  }

  private static func line(of file: FileHandle) -> String {
    var bytes: [UInt8] = []
    while let byte = try? file.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }

  func ask(_ question: String) -> String {
    try? input.write(contentsOf: Data("\(question)\n".utf8))
    return Self.line(of: output)
  }

  func call(_ method: String, _ milliseconds: Int, other: Int? = nil, timeout: Duration? = nil) async throws {
    _ = try await (other.map { others[$0 % others.count] } ?? channel).unary(
      request: ClientRequest(message: [UInt8(milliseconds >> 8), UInt8(milliseconds & 255)]),
      descriptor: BenchScheduler.method(method),
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: CallOptions(timeout: timeout)
    )
  }

  /// Calls a handler that waits until it is cancelled, which is to be at a time.
  func wait(until dueTime: UInt64, timeout: Duration?) async throws {
    _ = try await channel.unary(
      request: ClientRequest(message: (0..<8).map { UInt8(truncatingIfNeeded: dueTime >> (56 - 8 * $0)) }),
      descriptor: BenchScheduler.method("Wait"),
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: CallOptions(timeout: timeout)
    )
  }

  func stop() {
    process.terminate()
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
