import Synchronization

/// The counts of the deferred sends of this process, for tests that check whether C-core does what `DeferredSends.md`
/// says.
package enum SendCounts {
  /// The number of sends that were flushed after they had been deferred.
  package static var deferred: Int { deferredCount.load(ordering: .relaxed) }

  /// The number of those that C-core started while it wrote another one.
  package static var coalesced: Int { coalescedCount.load(ordering: .relaxed) }

  /// The number of those that were to be coalesced, and that the poller started afterwards.
  package static var missed: Int { missedCount.load(ordering: .relaxed) }

  static let deferredCount = Atomic(0)
  static let coalescedCount = Atomic(0)
  static let missedCount = Atomic(0)
}
