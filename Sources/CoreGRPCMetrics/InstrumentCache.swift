import CoreGRPC

/// The instruments of one method, by their statuses or reasons: each is made when it is first needed.
final class InstrumentCache<Key: Hashable & Sendable, Instruments: Sendable>: Sendable {
  private let instruments = Locked<[Key: Instruments]>([:])
  private let make: @Sendable (Key) -> Instruments

  init(make: @escaping @Sendable (Key) -> Instruments) { self.make = make }

  subscript(key: Key) -> Instruments {
    if let known = instruments.withLock({ $0[key] }) { return known }
    // Without the lock: this is code of the metrics backend.
    let new = make(key)
    return instruments.withLock { instruments in
      if let known = instruments[key] { return known }
      instruments[key] = new
      return new
    }
  }
}
