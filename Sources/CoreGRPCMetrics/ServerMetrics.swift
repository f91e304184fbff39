public import CoreGRPC
public import Metrics

#if !Programs && !Metrics
  #error("add traits: [\"Metrics\"] to the dependency on swift-coregrpc in Package.swift")
#endif

/// Measures the calls of a server with swift-metrics.
///
/// ```swift
/// var configuration = Server.Configuration()
/// configuration.callObservers.append(ServerMetrics())
/// let server = Server(services: [GreeterService()], configuration: configuration)
/// ```
///
/// It sees every call, whatever ends it, and the calls that are refused before any handler or interceptor sees them.
/// <doc:Instruments> lists what it measures.
public final class ServerMetrics: ServerCallObserver {
  private let methods: InstrumentCache<MethodDescriptor?, ServerMethodMetrics>

  /// Creates an observer for any number of servers.
  ///
  /// - Parameters:
  ///   - conventions: The names of the instruments. Defaults to gRPC's own.
  ///   - factory: The factory that makes the instruments. Defaults to the one with which the program has bootstrapped
  ///     the metrics system.
  public init(conventions: MetricConventions = .grpc, factory: any MetricsFactory = MetricsSystem.factory) {
    methods = InstrumentCache { ServerMethodMetrics(of: $0, conventions, factory) }
  }

  /// Returns the observer of one method's calls, with its instruments.
  public func observer(forMethod method: MethodDescriptor?) -> any ServerCallObserver { methods[method] }

  /// Does nothing: the observers of the methods measure their calls.
  public func callEnded(_ call: borrowing EndedServerCall) {}
}

/// The instruments of a method on a server.
private final class ServerMethodMetrics: ServerCallObserver {
  /// The instruments of a method and a status.
  private struct Ended: Sendable {
    var duration: Timer?
    var sent, received: Recorder?
    var openTelemetryDuration: Timer?
  }

  private let started: Counter?
  private let open: Meter
  private let ended: InstrumentCache<Status.Code, Ended>
  private let refused: InstrumentCache<RefusedCall.Reason, Counter>

  init(of method: MethodDescriptor?, _ conventions: MetricConventions, _ factory: any MetricsFactory) {
    let ofMethod = [(Dimension.method, method?.fullyQualifiedMethod ?? Dimension.otherMethod)]
    started =
      conventions.contains(.grpc)
      ? Counter(label: Label.serverStarted, dimensions: ofMethod, factory: factory) : nil
    open = Meter(label: Label.serverOpenCalls, dimensions: ofMethod, factory: factory)
    ended = InstrumentCache { code in
      var ended = Ended()
      if conventions.contains(.grpc) {
        let dimensions = ofMethod + [(Dimension.status, code.description)]
        ended.duration = Timer(seconds: Label.serverDuration, dimensions, factory)
        ended.sent = Recorder(label: Label.serverSent, dimensions: dimensions, factory: factory)
        ended.received = Recorder(label: Label.serverReceived, dimensions: dimensions, factory: factory)
      }
      if conventions.contains(.openTelemetry) {
        let dimensions = OpenTelemetry.dimensions(method, code, isFailure: code.isServersFailure)
        ended.openTelemetryDuration = Timer(seconds: Label.openTelemetryServerDuration, dimensions, factory)
      }
      return ended
    }
    refused = InstrumentCache { reason in
      let reason = reason.description.replacing(" ", with: "_")
      return Counter(
        label: Label.serverRefusedCalls,
        dimensions: ofMethod + [(Dimension.reason, reason)],
        factory: factory
      )
    }
  }

  func callStarted() {
    started?.increment()
    open.increment()
  }

  func callEnded(_ call: borrowing EndedServerCall) {
    open.decrement()
    if let refusal = call.refusal { refused[refusal].increment() }
    let instruments = ended[call.code]
    let nanoseconds = call.duration.nanoseconds
    instruments.duration?.recordNanoseconds(nanoseconds)
    instruments.sent?.record(call.traffic.sentBytes)
    instruments.received?.record(call.traffic.receivedBytes)
    instruments.openTelemetryDuration?.recordNanoseconds(nanoseconds)
  }
}
