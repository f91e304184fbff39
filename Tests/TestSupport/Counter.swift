import Synchronization

/// A counter of events, on whatever threads.
public final class Counter: Sendable {
  private let count = Atomic(0)

  /// Creates a counter of nothing.
  public init() {}

  /// The count so far.
  public var value: Int { count.load(ordering: .relaxed) }

  /// Counts one more.
  ///
  /// - Returns: How often so far.
  @discardableResult
  public func add() -> Int { count.add(1, ordering: .relaxed).newValue }
}
