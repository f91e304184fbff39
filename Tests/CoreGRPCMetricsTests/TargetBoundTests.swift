import CoreGRPC
import CoreGRPCMetrics
import MetricsTestKit
import Testing

@Suite("Targets of channels")
struct TargetBoundTests {
  @Test("Further targets share their instruments")
  func bound() throws {
    let metrics = TestMetrics()
    let observer = ClientMetrics(maxTargets: 2, factory: metrics)
    let observers = ["dns:///a", "dns:///b", "dns:///c", "dns:///d", "dns:///a"].map {
      observer.observer(forMethod: nil, target: $0) as AnyObject
    }
    #expect(observers[0] === observers[4] && observers[0] !== observers[1])
    #expect(observers[2] === observers[3] && observers[2] !== observers[0])
    for target in ["dns:///a", "dns:///b", "other"] {
      _ = try metrics.expectMeter("coregrpc.client.open_calls", [("grpc.method", "other"), ("grpc.target", target)])
    }
    #expect(throws: (any Error).self) {
      try metrics.expectMeter("coregrpc.client.open_calls", [("grpc.method", "other"), ("grpc.target", "dns:///c")])
    }
  }
}
