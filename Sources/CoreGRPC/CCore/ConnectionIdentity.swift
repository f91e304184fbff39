/// Tells a connection from others, as long as there is a call on it.
struct ConnectionIdentity: Sendable, Hashable {
  /// What to sort connections by; no more than that.
  let order: UInt

  /// - Parameter pointer: Something of which each connection has one of its own.
  init(_ pointer: OpaquePointer) { order = UInt(bitPattern: pointer) }
}
