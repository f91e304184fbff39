import CoreGRPC
import Metrics
import Synchronization

/// The instruments of calls of a method that end with one status.
///
/// They are handlers of the backend: the types of swift-metrics around them are generic, and take some hundred
/// instructions more for each call.
final class StatusInstruments: Sendable {
  let duration: (any TimerHandler)?
  let attemptDuration: (any TimerHandler)?
  let openTelemetryDuration: (any TimerHandler)?
  let sent, received: (any RecorderHandler)?

  init(
    duration: (any TimerHandler)? = nil,
    attemptDuration: (any TimerHandler)? = nil,
    openTelemetryDuration: (any TimerHandler)? = nil,
    sent: (any RecorderHandler)? = nil,
    received: (any RecorderHandler)? = nil
  ) {
    self.duration = duration
    self.attemptDuration = attemptDuration
    self.openTelemetryDuration = openTelemetryDuration
    self.sent = sent
    self.received = received
  }
}

/// The instruments of a method by the codes' numbers, each made when it is first needed.
///
/// With a lock of its own: `Locked`, of another module, looks up metadata of generic types in each call.
struct StatusInstrumentsByCode: ~Copyable, Sendable {
  private let instruments = Mutex([StatusInstruments?](repeating: nil, count: Status.Code.allCases.count))
  /// A hand-over that ThreadSanitizer can see, as in `Locked`.
  private let isReleased = Atomic(true)
  private let make: @Sendable (Status.Code) -> StatusInstruments

  init(make: @escaping @Sendable (Status.Code) -> StatusInstruments) { self.make = make }

  subscript(code: Status.Code) -> StatusInstruments {
    let index = code.rawValue
    if let known = stored(index, nil) { return known }
    // Without the lock: this is code of the metrics backend.
    let new = make(code)
    return stored(index, new) ?? new
  }

  /// Returns the instruments of a code, after storing others if there are none.
  private func stored(_ index: Int, _ new: StatusInstruments?) -> StatusInstruments? {
    instruments.withLock { instruments in
      _ = isReleased.load(ordering: .acquiring)
      defer { isReleased.store(true, ordering: .releasing) }
      if let new, instruments[index] == nil { instruments[index] = new }
      return instruments[index]
    }
  }
}
