import Synchronization

/// Something that C-core does and then reports on a completion queue: the object behind a tag.
///
/// The queue holds one reference from ``tag()`` until the tag is delivered or taken back, so whatever an operation owns
/// outlives C-core's use of it.
@usableFromInline
class Operation: @unchecked Sendable {
  // Unchecked, because subclasses hold pointers that C-core writes through. They are read in `complete` only, which
  // runs once, after the queue has handed the tag over.

  /// Called exactly once, on a polling thread, when the tag is delivered; not if ``PollerThread/start(_:_:)`` said that it was done.
  ///
  /// Must not block.
  ///
  /// - Parameter succeeded: The event's success flag.
  func complete(succeeded: Bool) { preconditionFailure("an operation must override complete(succeeded:)") }

  /// Has C-core start the operation, of one that ``PollerThread/hold(_:)`` has held back: once.
  func startHeldBack() { preconditionFailure("this operation is not held back") }

  /// The connection that the operation writes to, if it may be started together with others on the same one.
  var combiningConnection: ConnectionIdentity? { nil }

  /// Whether C-core, as it starts the operation, can start others: see ``CombinedStart``.
  var canStartOthers: Bool { true }

  /// Has C-core start the operation and others that were held back with it, all on one ``combiningConnection``.
  func startHeldBack(with others: ArraySlice<Operation>) {
    startHeldBack()
    for other in others { other.startHeldBack() }
  }

  /// As ``startHeldBack()``, within a function of C-core, on any thread: see ``CombinedStart``.
  func startHeldBackWithinCore() { preconditionFailure("this operation is not started with others") }

  /// A tag for C-core, which holds a reference to this operation.
  ///
  /// Balance it with one ``take(_:)``.
  final func tag() -> UnsafeMutableRawPointer {
    isHandedOver.store(true, ordering: .releasing)
    return Unmanaged.passRetained(self).toOpaque()
  }

  /// The operation behind a tag that was delivered, or that C-core refused to take.
  static func take(_ tag: UnsafeMutableRawPointer) -> Operation {
    // Every tag given to C-core comes from `tag()`, and C-core delivers a tag once.
    let operation = Unmanaged<Operation>.fromOpaque(tag).takeRetainedValue()
    let isHandedOver = operation.isHandedOver.load(ordering: .acquiring)
    assert(isHandedOver)
    return operation
  }

  /// Pairs with the queue's own locks, which ThreadSanitizer cannot see: libgrpc is not instrumented.
  private let isHandedOver = Atomic(false)
}
