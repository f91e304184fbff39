import CoreGRPC

/// Objects by key, each made when it is first needed.
final class ObjectCache<Key: Hashable & Sendable, Object: Sendable>: Sendable {
  private let objects = Locked<[Key: Object]>([:])
  private let make: @Sendable (Key) -> Object

  init(make: @escaping @Sendable (Key) -> Object) { self.make = make }

  subscript(key: Key) -> Object {
    if let known = objects.withLock({ $0[key] }) { return known }
    // Without the lock: this is code of the metrics backend.
    let new = make(key)
    return objects.withLock { objects in
      if let known = objects[key] { return known }
      objects[key] = new
      return new
    }
  }
}
