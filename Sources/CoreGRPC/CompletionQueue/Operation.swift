import Synchronization

/// An operation that C-core performs and then reports on a completion queue: the object of a tag.
///
/// The queue holds one reference from ``tag()`` until the tag is delivered or taken back, so the objects that an
/// operation owns outlive C-core's use of them.
@usableFromInline
class Operation: @unchecked Sendable {
  // Unchecked, because subclasses hold pointers that C-core writes through. They are read in `complete` only, which
  // runs once, after the queue has handed the tag over.

  /// Handles the end of the operation.
  ///
  /// Called exactly once, on a polling thread, when the tag is delivered; not if ``Poller/start(_:_:)`` has reported
  /// the end. Must not block.
  ///
  /// - Parameter succeeded: The event's success flag.
  func complete(succeeded: Bool) { preconditionFailure("an operation must override complete(succeeded:)") }

  /// Returns a tag for C-core, which holds a reference to this operation.
  ///
  /// Balance it with one ``take(_:)``.
  final func tag() -> UnsafeMutableRawPointer {
    isHandedOver.store(true, ordering: .releasing)
    return unsafe Unmanaged.passRetained(self).toOpaque()
  }

  /// Returns the operation of a tag that was delivered, or that C-core refused to take.
  static func take(_ tag: UnsafeMutableRawPointer) -> Operation {
    // Every tag given to C-core comes from `tag()`, and C-core delivers a tag once.
    let operation = unsafe Unmanaged<Operation>.fromOpaque(tag).takeRetainedValue()
    let isHandedOver = operation.isHandedOver.load(ordering: .acquiring)
    assert(isHandedOver)
    return operation
  }

  /// A synchronization for ThreadSanitizer, which cannot see the queue's own locks: libgrpc is not instrumented.
  private let isHandedOver = Atomic(false)
}
