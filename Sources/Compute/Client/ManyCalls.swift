import CommandLineSupport
import Compute
import CoreGRPC
import UnixSignals

/// Sends each text many times, several at a time, and measures.
struct ManyCalls {
  let client: Compute_Compute.Client
  let options: CallOptions
  let count: Int
  let concurrency: Int
  let output: ClientOutput

  /// - Returns: Whether every call was made and succeeded.
  func run(_ source: TextSource) async throws -> Bool {
    let texts = try await source.reduce(into: []) { $0.append($1) }
    let (total, overflow) = texts.count.multipliedReportingOverflow(by: count)
    if overflow { throw RPCError(code: .outOfRange, message: "that many calls cannot be counted") }

    let tally = CallTally(total: total)
    let isInterrupted = await withInterruption {
      await withProgressBar(for: tally) {
        await withTaskGroup { group in
          for _ in 0..<Swift.min(concurrency, total) {
            group.addTask { await work(texts, tally) }
          }
        }
      }
    }
    let report = tally.report()
    try output.printReport(report, texts: texts)
    return !isInterrupted && report.succeeded == total
  }

  private func work(_ texts: [String], _ tally: CallTally) async {
    let clock = ContinuousClock()
    while !Task.isCancelled, let index = tally.next() {
      let start = clock.now
      do throws(RPCError) {
        let request = Compute_HelloRequest(helloworld: texts[index % texts.count])
        let reply = try await client.sayHello(request, options: options)
        tally.succeeded(reply.result, text: index % texts.count, latency: clock.now - start)
      } catch {
        tally.failed(error)
      }
    }
  }

  /// Runs `body`, which SIGINT and SIGTERM cancel.
  ///
  /// - Returns: Whether a signal came.
  private func withInterruption(_ body: @escaping @Sendable () async -> Void) async -> Bool {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    return await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        await body()
        return false
      }
      group.addTask {
        for await _ in signals { return !Task.isCancelled }
        return false
      }
      let isInterrupted = await group.next() ?? false
      group.cancelAll()
      return isInterrupted
    }
  }

  /// Runs `body` with a progress bar on standard error, if that is a terminal.
  private func withProgressBar(for tally: CallTally, _ body: @escaping @Sendable () async -> Void) async {
    guard StandardError.isTerminal else { return await body() }
    let bar = Task {
      var bar = ProgressBar()
      while !Task.isCancelled {
        StandardError.write(bar.render(done: tally.done, of: tally.total))
        try? await Task.sleep(for: .milliseconds(100))
      }
      StandardError.write(bar.render(done: tally.done, of: tally.total) + "\n")
    }
    await body()
    bar.cancel()
    await bar.value
  }
}
