import Bench
import Compute
import CoreGRPC

/// Several workers on one channel, each with one call or stream at a time.
struct Load: Sendable {
  private let mode: Options.Mode
  private let workers: Int
  private let payload: Int
  private let window: Window
  let channel: Channel
  private let compute: Compute_Compute.Client
  private let bench: Bench_Bench.Client

  init(options: Options, window: Window) throws {
    mode = options.mode
    workers = options.outstanding
    payload = options.payload
    self.window = window
    var configuration = Channel.Configuration()
    if options.measuresCalls { configuration.callObservers = Measurement.ofChannel() }
    channel = try Channel(target: options.target, configuration: configuration)
    compute = Compute_Compute.Client(channel: channel)
    bench = Bench_Bench.Client(channel: channel)
  }

  /// Makes calls until the window ends.
  func run() async -> Outcome {
    await withTaskGroup(of: Outcome.self) { group in
      for _ in 0..<workers { group.addTask { await work() } }
      var all = Outcome()
      for await outcome in group { all.add(outcome) }
      return all
    }
  }

  private func work() async -> Outcome {
    switch mode {
    case .unary: await unary()
    case .pingpong: await pingPong()
    case .stream: await stream()
    }
  }

  private func unary() async -> Outcome {
    var outcome = Outcome()
    let request = Compute_HelloRequest(helloworld: String(repeating: "a", count: payload))
    let expected = String(payload)
    while let start = window.next() {
      if let reply = try? await compute.sayHello(request), reply.result == expected {
        outcome.succeeded(from: start, in: window)
      } else {
        outcome.failed()
      }
    }
    return outcome
  }

  private func pingPong() async -> Outcome {
    let message = Bench_Payload(data: Array(repeating: UInt8(ascii: "x"), count: payload))
    // Each element lets the producer write once more.
    let (turns, turn) = AsyncStream.makeStream(of: Void.self)
    let result = try? await bench.pingPong(
      producer: { writer in for await _ in turns { try await writer.write(message) } },
      onResponse: { messages in
        var outcome = Outcome()
        var echoes = messages.makeAsyncIterator()
        while let start = window.next() {
          turn.yield()
          guard try await echoes.next() == message else {
            outcome.failed()
            break
          }
          outcome.succeeded(from: start, in: window)
        }
        turn.finish()
        return outcome
      }
    )
    return result ?? .oneFailure
  }

  private func stream() async -> Outcome {
    let result = try? await bench.serverStream(Bench_StreamRequest(size: UInt32(payload), count: 0)) { messages in
      var outcome = Outcome()
      var messages = messages.makeAsyncIterator()
      while let start = window.next() {
        guard try await messages.next()?.data.count == payload else {
          outcome.failed()
          break
        }
        outcome.succeeded(from: start, in: window)
      }
      return outcome
    }
    return result ?? .oneFailure
  }
}

extension Outcome {
  fileprivate static var oneFailure: Outcome {
    var outcome = Outcome()
    outcome.failed()
    return outcome
  }
}
