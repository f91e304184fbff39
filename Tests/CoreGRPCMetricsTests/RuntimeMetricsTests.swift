import CoreGRPC
import CoreGRPCMetrics
import Foundation
import MetricsTestKit
import TestSupport
import Testing

@Suite("Metrics beside calls", .timeLimit(.minutes(5)))
struct RuntimeMetricsTests {
  private let metrics = TestMetrics()

  private func value(_ label: String) -> Double? { try? metrics.expectMeter(label, []).lastValue }

  @Test("A connection, a call and the threads are counted when they are read")
  func connectionAndCall() async throws {
    let held = HeldHandler()
    try await withTestServer(handler: held.handler) { test in
      let server = test.server
      let runtime = RuntimeMetrics(of: server, factory: metrics)
      runtime.record()
      #expect(value("coregrpc.server.open_connections") == 0)
      #expect(value("coregrpc.server.unreleased_calls") == 0)
      async let error = rpcError { try await test.call() }
      await held.arrived.pass()
      runtime.record()
      #expect(value("coregrpc.server.open_connections") == 1)
      #expect(value("coregrpc.server.unreleased_calls") == 1)
      #expect(value("coregrpc.server.poller_threads") ?? 0 >= 1)
      #expect(value("coregrpc.client.poller_threads") ?? 0 >= 1)
      held.proceed.open()
      #expect(await error == nil)
      await server.shutdown(gracePeriod: .zero)
      #expect(server.statistics() == Server.Statistics())
    }
  }

  @Test("Counters only grow, however many threads record at the same time")
  func concurrentRecords() async throws {
    try await withTestServer { test in
      let runtime = RuntimeMetrics(of: test.server, factory: metrics)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            for _ in 0..<200 {
              _ = await rpcError { try await test.call() }
              runtime.record()
            }
          }
        }
      }
      let counter = try metrics.expectCounter("coregrpc.process.deferred_sends", [])
      #expect(counter.totalValue > 0 && counter.values.allSatisfy { $0 > 0 })
    }
  }

  @Test("Handlers that wait for a thread are the depth of a queue")
  func queue() async throws {
    let blocked = DispatchSemaphore(value: 0)
    var configuration = Server.Configuration()
    configuration.maxHandlerThreads = 1
    try await withTestServer(configuration: configuration) { request, _ in
      Self.wait(for: blocked)
      return ServerResponse(message: request.message)
    } body: { test in
      let server = test.server
      let calls = (0..<6).map { _ in Task { await rpcError { try await test.call() } } }
      // One keeps a polling thread, one the only other thread, and the rest waits.
      var statistics = server.statistics()
      while statistics.queuedHandlers == 0 || statistics.relievedThreads + statistics.handlerThreads == 0 {
        await Task.yield()
        statistics = server.statistics()
      }
      #expect(statistics.handlerThreads <= 1 && statistics.queuedHandlers <= 5)
      for _ in calls { blocked.signal() }
      for call in calls { #expect(await call.value == nil) }
      #expect(server.statistics().queuedHandlers == 0)
    }
  }

  private static func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }

  @Test("Counters get the counts of the process once")
  func counters() async throws {
    let runtime = RuntimeMetrics(factory: metrics)
    // So that a second count shows.
    CoreGRPCLog.countDropped(1_000)
    let before = ProcessStatistics.current
    runtime.record()
    runtime.record()
    let after = ProcessStatistics.current
    func check(_ label: String, _ dimensions: [(String, String)] = [], _ count: (ProcessStatistics) -> Int) throws {
      let total = try Int(metrics.expectCounter(label, dimensions).totalValue)
      #expect((count(before)...count(after)).contains(total))
    }
    try check("coregrpc.process.deferred_sends") { $0.deferredSends }
    try check("coregrpc.process.coalesced_sends") { $0.coalescedSends }
    try check("coregrpc.process.dropped_log_lines", [("coregrpc.reason", "limit")]) { $0.limitedLogLines }
    try check("coregrpc.process.dropped_log_lines", [("coregrpc.reason", "full")]) { $0.droppedLogLines }
  }

  @Test("The longest and the shortest intervals are no fault", arguments: [Int64.max, .min])
  func anyInterval(_ seconds: Int64) async throws {
    let runtime = RuntimeMetrics(factory: metrics)
    let task = Task { try await runtime.record(every: .seconds(seconds)) }
    while try metrics.expectMeter("coregrpc.client.poller_threads", []).values.isEmpty { await Task.yield() }
    task.cancel()
    let result = await task.result
    #expect(throws: CancellationError.self) { try result.get() }
  }

  @Test("Periodic records end with the task")
  func periodic() async throws {
    let runtime = RuntimeMetrics(factory: metrics)
    let task = Task { try await runtime.record(every: .milliseconds(1)) }
    while try metrics.expectMeter("coregrpc.client.poller_threads", []).values.count < 3 { await Task.yield() }
    task.cancel()
    let result = await task.result
    #expect(throws: CancellationError.self) { try result.get() }
  }
}
