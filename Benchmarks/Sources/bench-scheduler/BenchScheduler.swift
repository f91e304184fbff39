import CoreGRPC
import Foundation

/// Measures what a call feels beside handlers that block, compute or yield: for each arrangement a server in a process of its own.
@main
struct BenchScheduler {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "serve": try await serve(executor: arguments.dropFirst().first ?? "pollers")
    case "measure":
      try await Measurement(executor: arguments.dropFirst().first ?? "pollers").run(only: Array(arguments.dropFirst(2)))
    default: print("usage: bench-scheduler measure pollers|pool [ROW...]")
    }
  }

  static func method(_ name: String) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "bench.Scheduler", method: name)
  }

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
    register("Yield") { milliseconds in
      let end = ContinuousClock.now + .milliseconds(milliseconds)
      while ContinuousClock.now < end, !Task.isCancelled { await Task.yield() }
    }
    register("Wait") { _ in try? await Task.sleep(for: .seconds(60)) }
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
  let executor: String

  func run(only: [String]) async throws {
    let rows: [(String, (Peer) async throws -> String)] = [
      ("echo alone", { peer in await latencies(peer, seconds: 2) }),
      (
        "echo beside 600 handlers that block 3 s", { peer in await beside(peer, "Block", 3000, count: 600, once: true) }
      ),
      ("echo beside 200 handlers that spin 4 s", { peer in await beside(peer, "Spin", 4000, count: 200, once: true) }),
      ("20 ms blocks, 200 at a time", { peer in await throughput(peer, "Block", 20, concurrency: 200, seconds: 4) }),
      ("echo beside 16 clients of a 2 ms block", { peer in await beside(peer, "Block", 2, count: 16, once: false) }),
      ("echo beside 16 handlers that yield", { peer in await beside(peer, "Yield", 4000, count: 16, once: true) }),
      ("deadline of 500 ms beside 600 blocks", { peer in await deadline(peer, "Block", 3000, 600) }),
      ("deadline of 500 ms beside 200 spins", { peer in await deadline(peer, "Spin", 4000, 200) }),
      ("deadline of 500 ms beside 64 yields", { peer in await deadline(peer, "Yield", 4000, 64) }),
      ("descriptors, idle and with 250 blocks", { peer in await descriptors(peer) }),
      ("shutdown(500 ms) beside 600 blocks of 3 s", { peer in await shutdown(peer, "Block", 3000, 600) }),
      ("shutdown(500 ms) beside 200 spins of 4 s", { peer in await shutdown(peer, "Spin", 4000, 200) }),
    ]
    for (index, (name, row)) in rows.enumerated() {
      if !only.isEmpty, !only.contains(String(index)) { continue }
      let peer = try Peer(executor: executor)
      let result = try await row(peer)
      print("\(executor)\t\(index)\t\(name)\t\(result)")
      fflush(nil)
      peer.stop()
    }
  }

  private func latencies(_ peer: Peer, seconds: Double) async -> String {
    var all: [Double] = []
    var failures = 0
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      let began = ContinuousClock.now
      do {
        try await peer.call("Echo", 0)
      } catch {
        failures += 1
      }
      all.append((ContinuousClock.now - began) / .milliseconds(1))
    }
    all.sort()
    func quantile(_ q: Double) -> String { String(format: "%.2f", all[min(all.count - 1, Int(Double(all.count) * q))]) }
    return
      "p50 \(quantile(0.5)) p99 \(quantile(0.99)) max \(quantile(1)) ms, \(Int(Double(all.count) / seconds))/s, \(failures) failed"
  }

  private func beside(_ peer: Peer, _ method: String, _ milliseconds: Int, count: Int, once: Bool) async -> String {
    await withTaskGroup(of: Void.self, returning: String.self) { group in
      for index in 0..<count {
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
    _ milliseconds: Int,
    concurrency: Int,
    seconds: Double
  ) async -> String {
    let end = ContinuousClock.now + .seconds(seconds)
    let count = await withTaskGroup(of: Int.self) { group in
      for index in 0..<concurrency {
        group.addTask {
          var count = 0
          while ContinuousClock.now < end {
            guard (try? await peer.call(method, milliseconds, other: index)) != nil else { break }
            count += 1
          }
          return count
        }
      }
      return await group.reduce(0, +)
    }
    return "\(Int(Double(count) / seconds))/s of \(concurrency * 1000 / milliseconds)"
  }

  private func deadline(_ peer: Peer, _ method: String, _ milliseconds: Int, _ count: Int) async -> String {
    await withTaskGroup(of: Void.self, returning: String.self) { group in
      for index in 0..<count { group.addTask { _ = try? await peer.call(method, milliseconds, other: index) } }
      try? await Task.sleep(for: .milliseconds(100))
      let began = ContinuousClock.now
      _ = try? await peer.call("Wait", 0, timeout: .milliseconds(500))
      let took = (ContinuousClock.now - began) / .milliseconds(1)
      group.cancelAll()
      return String(format: "client sees it after %.0f ms", took)
    }
  }

  private func descriptors(_ peer: Peer) async -> String {
    try? await peer.call("Echo", 0)
    let idle = peer.ask("descriptors")
    return await withTaskGroup(of: Void.self, returning: String.self) { group in
      for _ in 0..<250 { group.addTask { _ = try? await peer.call("Block", 2000) } }
      try? await Task.sleep(for: .milliseconds(1500))
      let busy = peer.ask("descriptors")
      group.cancelAll()
      return "\(idle) and \(busy)"
    }
  }

  private func shutdown(_ peer: Peer, _ method: String, _ milliseconds: Int, _ count: Int) async -> String {
    await withTaskGroup(of: Void.self, returning: String.self) { group in
      for index in 0..<count { group.addTask { _ = try? await peer.call(method, milliseconds, other: index) } }
      try? await Task.sleep(for: .milliseconds(300))
      let took = peer.ask("shutdown")
      group.cancelAll()
      return "\(took) ms"
    }
  }
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
    others = try (0..<4).map { _ in try Channel(target: target, configuration: configuration) }
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

  func stop() {
    process.terminate()
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
