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
  private let methods: ObjectCache<MethodDescriptor?, ServerMethodMetrics>

  /// Creates an observer for any number of servers.
  ///
  /// - Parameters:
  ///   - conventions: The names of the instruments. Defaults to gRPC's own.
  ///   - factory: The factory that makes the instruments. Defaults to the one with which the program has bootstrapped
  ///     the metrics system.
  public init(conventions: MetricConventions = .grpc, factory: any MetricsFactory = MetricsSystem.factory) {
    methods = ObjectCache { ServerMethodMetrics(of: $0, conventions, factory) }
  }

  /// Returns the observer of one method's calls, with its instruments.
  public func observer(forMethod method: MethodDescriptor?) -> any ServerCallObserver { methods[method] }

  /// Does nothing: the observers of the methods measure their calls.
  public func callEnded(_ call: borrowing EndedServerCall) {}
}

/// The instruments of a method on a server.
private final class ServerMethodMetrics: ServerCallObserver {
  private let started: (any CounterHandler)?
  private let open: any MeterHandler
  private let ended: StatusInstrumentsByCode
  private let refused: ObjectCache<RefusedCall.Reason, any CounterHandler>

  init(of method: MethodDescriptor?, _ conventions: MetricConventions, _ factory: any MetricsFactory) {
    let ofMethod = [(Dimension.method, method?.fullyQualifiedMethod ?? Dimension.otherMethod)]
    started =
      conventions.contains(.grpc) ? factory.makeCounter(label: Label.serverStarted, dimensions: ofMethod) : nil
    open = factory.makeMeter(label: Label.serverOpenCalls, dimensions: ofMethod)
    ended = StatusInstrumentsByCode { code in
      let dimensions = ofMethod + [(Dimension.status, code.description)]
      let ofOpenTelemetry = OpenTelemetry.dimensions(method, code, isFailure: code.isServersFailure)
      let (grpc, openTelemetry) = (conventions.contains(.grpc), conventions.contains(.openTelemetry))
      return StatusInstruments(
        duration: grpc ? factory.makeTimer(seconds: Label.serverDuration, dimensions) : nil,
        openTelemetryDuration: openTelemetry
          ? factory.makeTimer(seconds: Label.openTelemetryServerDuration, ofOpenTelemetry) : nil,
        sent: grpc ? factory.makeRecorder(label: Label.serverSent, dimensions: dimensions, aggregate: true) : nil,
        received: grpc
          ? factory.makeRecorder(label: Label.serverReceived, dimensions: dimensions, aggregate: true) : nil
      )
    }
    refused = ObjectCache { reason in
      let reason = reason.description.replacing(" ", with: "_")
      let dimensions = ofMethod + [(Dimension.reason, reason)]
      return factory.makeCounter(label: Label.serverRefusedCalls, dimensions: dimensions)
    }
  }

  func callStarted() {
    started?.increment(by: 1)
    open.increment(by: 1)
  }

  func callEnded(_ call: borrowing EndedServerCall) {
    open.decrement(by: 1)
    if let refusal = call.refusal { refused[refusal].increment(by: 1) }
    let instruments = ended[call.code]
    instruments.duration?.recordNanoseconds(call.nanoseconds)
    instruments.sent?.record(Int64(call.traffic.sentBytes))
    instruments.received?.record(Int64(call.traffic.receivedBytes))
    instruments.openTelemetryDuration?.recordNanoseconds(call.nanoseconds)
  }
}
