/// The identity of a connection, which tells it from others as long as there is a call on it.
struct ConnectionIdentity: Sendable, Hashable {
  /// A number for sorting connections, and for nothing else.
  let order: UInt

  /// - Parameter pointer: The address of an object that each connection has for itself.
  init(_ pointer: OpaquePointer) { order = UInt(bitPattern: pointer) }
}
