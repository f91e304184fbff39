public import CoreGRPC
public import Metrics

/// Measures the calls of a channel with swift-metrics.
///
/// ```swift
/// var configuration = Channel.Configuration()
/// configuration.callObservers.append(ClientMetrics())
/// let channel = try Channel(target: "localhost:50051", configuration: configuration)
/// ```
///
/// A call is what the program calls, over all of its attempts. <doc:Instruments> lists what this measures.
public final class ClientMetrics: ClientCallObserver {
  private struct Key: Hashable {
    let method: MethodDescriptor?
    let target: String
  }

  private let methods: ObjectCache<Key, ClientMethodMetrics>
  private let maxTargets: Int
  /// The targets that have instruments of their own.
  private let targets = Locked<Set<String>>([])

  /// Creates an observer for any number of channels.
  ///
  /// - Parameters:
  ///   - conventions: The names of the instruments. Defaults to gRPC's own.
  ///   - maxTargets: The largest number of targets with instruments of their own, which are kept for good: those of
  ///     further targets are shared, with the target `other`. Defaults to 1,000.
  ///   - factory: The factory that makes the instruments. Defaults to the one with which the program has bootstrapped
  ///     the metrics system.
  public init(
    conventions: MetricConventions = .grpc,
    maxTargets: Int = 1_000,
    factory: any MetricsFactory = MetricsSystem.factory
  ) {
    self.maxTargets = maxTargets
    methods = ObjectCache { ClientMethodMetrics(of: $0.method, target: $0.target, conventions, factory) }
  }

  /// Returns the observer of one method's calls to a target, with its instruments.
  ///
  /// - Parameters:
  ///   - method: The method; `nil` for calls of methods that are not generated.
  ///   - target: The channel's target in full.
  public func observer(forMethod method: MethodDescriptor?, target: String) -> any ClientCallObserver {
    methods[Key(method: method, target: kept(target))]
  }

  /// Returns the target, or `other` if there are too many.
  private func kept(_ target: String) -> String {
    targets.withLock { targets in
      if targets.contains(target) { return target }
      guard targets.count < maxTargets else { return Dimension.otherTarget }
      targets.insert(target)
      return target
    }
  }

  /// Does nothing: the observers of the methods measure their calls.
  public func callEnded(_ call: borrowing EndedClientCall) {}
}

/// The instruments of a method on a channel.
private final class ClientMethodMetrics: ClientCallObserver {
  private let attemptStarted: (any CounterHandler)?
  private let open: any MeterHandler
  private let ended: StatusInstrumentsByCode

  init(of method: MethodDescriptor?, target: String, _ conventions: MetricConventions, _ factory: any MetricsFactory) {
    let ofMethod = [
      (Dimension.method, method?.fullyQualifiedMethod ?? Dimension.otherMethod), (Dimension.target, target),
    ]
    attemptStarted =
      conventions.contains(.grpc) ? factory.makeCounter(label: Label.attemptStarted, dimensions: ofMethod) : nil
    open = factory.makeMeter(label: Label.clientOpenCalls, dimensions: ofMethod)
    ended = StatusInstrumentsByCode { code in
      let dimensions = ofMethod + [(Dimension.status, code.description)]
      let address = EndpointAddress(target)
      var ofOpenTelemetry = OpenTelemetry.dimensions(method, code, isFailure: code != .ok)
      ofOpenTelemetry.append((Dimension.serverAddress, address.host))
      if let port = address.port { ofOpenTelemetry.append((Dimension.serverPort, "\(port)")) }
      let (grpc, openTelemetry) = (conventions.contains(.grpc), conventions.contains(.openTelemetry))
      return StatusInstruments(
        duration: grpc ? factory.makeTimer(seconds: Label.clientDuration, dimensions) : nil,
        attemptDuration: grpc ? factory.makeTimer(seconds: Label.attemptDuration, dimensions) : nil,
        openTelemetryDuration: openTelemetry
          ? factory.makeTimer(seconds: Label.openTelemetryClientDuration, ofOpenTelemetry) : nil,
        sent: grpc ? factory.makeRecorder(label: Label.attemptSent, dimensions: dimensions, aggregate: true) : nil,
        received: grpc
          ? factory.makeRecorder(label: Label.attemptReceived, dimensions: dimensions, aggregate: true) : nil
      )
    }
  }

  func callStarted() { open.increment(by: 1) }

  func callEnded(_ call: borrowing EndedClientCall) {
    open.decrement(by: 1)
    let instruments = ended[call.code]
    instruments.duration?.recordNanoseconds(call.nanoseconds)
    instruments.openTelemetryDuration?.recordNanoseconds(call.nanoseconds)
    // C-core reports no attempts. Where it makes none, and no interceptor does, the call is the only one.
    guard call.attempts == 1 else { return }
    attemptStarted?.increment(by: 1)
    instruments.attemptDuration?.recordNanoseconds(call.nanoseconds)
    instruments.sent?.record(Int64(call.traffic.sentBytes))
    instruments.received?.record(Int64(call.traffic.receivedBytes))
  }
}
