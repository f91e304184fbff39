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

  private let methods: InstrumentCache<Key, ClientMethodMetrics>

  /// Creates an observer for any number of channels.
  ///
  /// - Parameters:
  ///   - conventions: The names of the instruments. Defaults to gRPC's own.
  ///   - factory: The factory that makes the instruments. Defaults to the one with which the program has bootstrapped
  ///     the metrics system.
  public init(conventions: MetricConventions = .grpc, factory: any MetricsFactory = MetricsSystem.factory) {
    methods = InstrumentCache { ClientMethodMetrics(of: $0.method, target: $0.target, conventions, factory) }
  }

  /// Returns the observer of one method's calls to a target, with its instruments.
  ///
  /// - Parameters:
  ///   - method: The method; `nil` for calls of methods that are not generated.
  ///   - target: The channel's target in full.
  public func observer(forMethod method: MethodDescriptor?, target: String) -> any ClientCallObserver {
    methods[Key(method: method, target: target)]
  }

  /// Does nothing: the observers of the methods measure their calls.
  public func callEnded(_ call: borrowing EndedClientCall) {}
}

/// The instruments of a method on a channel.
private final class ClientMethodMetrics: ClientCallObserver {
  /// The instruments of a method and a status.
  private struct Ended: Sendable {
    var duration: Timer?
    var attempt: Attempt?
    var openTelemetryDuration: Timer?
  }

  /// The instruments of calls with one attempt.
  private struct Attempt: Sendable {
    let duration: Timer
    let sent, received: Recorder
  }

  private let attemptStarted: Counter?
  private let open: Meter
  private let ended: InstrumentCache<Status.Code, Ended>

  init(of method: MethodDescriptor?, target: String, _ conventions: MetricConventions, _ factory: any MetricsFactory) {
    let ofMethod = [
      (Dimension.method, method?.fullyQualifiedMethod ?? Dimension.otherMethod), (Dimension.target, target),
    ]
    attemptStarted =
      conventions.contains(.grpc)
      ? Counter(label: Label.attemptStarted, dimensions: ofMethod, factory: factory) : nil
    open = Meter(label: Label.clientOpenCalls, dimensions: ofMethod, factory: factory)
    ended = InstrumentCache { code in
      var ended = Ended()
      if conventions.contains(.grpc) {
        let dimensions = ofMethod + [(Dimension.status, code.description)]
        ended.duration = Timer(seconds: Label.clientDuration, dimensions, factory)
        ended.attempt = Attempt(
          duration: Timer(seconds: Label.attemptDuration, dimensions, factory),
          sent: Recorder(label: Label.attemptSent, dimensions: dimensions, factory: factory),
          received: Recorder(label: Label.attemptReceived, dimensions: dimensions, factory: factory)
        )
      }
      if conventions.contains(.openTelemetry) {
        let address = EndpointAddress(target)
        var dimensions = OpenTelemetry.dimensions(method, code, isFailure: code != .ok)
        dimensions.append((Dimension.serverAddress, address.host))
        if let port = address.port { dimensions.append((Dimension.serverPort, "\(port)")) }
        ended.openTelemetryDuration = Timer(seconds: Label.openTelemetryClientDuration, dimensions, factory)
      }
      return ended
    }
  }

  func callStarted() { open.increment() }

  func callEnded(_ call: borrowing EndedClientCall) {
    open.decrement()
    let instruments = ended[call.code]
    let nanoseconds = call.duration.nanoseconds
    instruments.duration?.recordNanoseconds(nanoseconds)
    instruments.openTelemetryDuration?.recordNanoseconds(nanoseconds)
    // C-core reports no attempts. Where it makes none, and no interceptor does, the call is the only one.
    guard call.attempts == 1, let attempt = instruments.attempt else { return }
    attemptStarted?.increment()
    attempt.duration.recordNanoseconds(nanoseconds)
    attempt.sent.record(call.traffic.sentBytes)
    attempt.received.record(call.traffic.receivedBytes)
  }
}
