/// Tells completion queues from each other.
struct QueueIdentity: Hashable, Sendable {
  private let address: UInt

  init(_ handle: OpaquePointer) { address = UInt(bitPattern: handle) }
}
