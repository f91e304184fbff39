import CoreGRPC
import CoreGRPCMetrics
import Metrics
import MetricsTestKit
import TestSupport
import Testing

/// Counts the instruments that are made.
private final class CountingFactory: MetricsFactory {
  let made = TestSupport.Counter()
  private let metrics = TestMetrics()

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    _ = made.add()
    return metrics.makeCounter(label: label, dimensions: dimensions)
  }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    _ = made.add()
    return metrics.makeMeter(label: label, dimensions: dimensions)
  }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    _ = made.add()
    return metrics.makeRecorder(label: label, dimensions: dimensions, aggregate: aggregate)
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    _ = made.add()
    return metrics.makeTimer(label: label, dimensions: dimensions)
  }

  func destroyCounter(_ handler: any CounterHandler) { metrics.destroyCounter(handler) }
  func destroyMeter(_ handler: any MeterHandler) { metrics.destroyMeter(handler) }
  func destroyRecorder(_ handler: any RecorderHandler) { metrics.destroyRecorder(handler) }
  func destroyTimer(_ handler: any TimerHandler) { metrics.destroyTimer(handler) }
}

@Suite("Instruments are made once", .timeLimit(.minutes(5)))
struct InstrumentReuseTests {
  @Test("Further calls with the same status make none")
  func reuse() async throws {
    let factory = CountingFactory()
    var server = Server.Configuration()
    server.callObservers = [ServerMetrics(conventions: [.grpc, .openTelemetry], factory: factory)]
    var client = Channel.Configuration()
    client.callObservers = [ClientMetrics(conventions: [.grpc, .openTelemetry], factory: factory)]
    try await KindsOfCall.run(server: server, channel: client) { _, channel in
      for kind in MethodDescriptor.RPCType.allCases { try await channel.call(kind) }
      // Two more kinds of instruments for unknown methods. The server's end of a call may come after the client's.
      for _ in 0..<20 { try await channel.call(.unary) }
      let before = factory.made.value
      for _ in 0..<20 { try await channel.call(.unary) }
      #expect(factory.made.value == before)
    }
  }
}
