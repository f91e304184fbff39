/// Sees each call of a ``Channel`` begin and end: see ``Channel/Configuration/callObservers``.
///
/// A call is what the program calls: it has several attempts where an interceptor or C-core tries again, and none where
/// an interceptor answers by itself. Whatever ends it, its observers see it.
///
/// An observer runs in the task of the caller. It holds no lock of the library there, and the call waits for it.
public protocol ClientCallObserver: Sendable {
  /// Returns the observer of one method's calls.
  ///
  /// A channel asks once for each method that generated code calls, with the first call of the method, and once for
  /// all calls of other methods, whose names would have no bound. So an observer can prepare what it needs for each
  /// call. A method counts as generated if its ``MethodDescriptor/type`` is known.
  ///
  /// Defaults to this observer.
  ///
  /// - Parameters:
  ///   - method: The method; `nil` for calls of methods that are not generated.
  ///   - target: The channel's target in full, for instance `dns:///localhost:50051`.
  func observer(forMethod method: MethodDescriptor?, target: String) -> any ClientCallObserver

  /// Notes that a call begins.
  ///
  /// Defaults to nothing.
  func callStarted()

  /// Notes that a call is over, before its caller learns the result.
  ///
  /// Called once for each call, after ``callStarted()``.
  func callEnded(_ call: borrowing EndedClientCall)
}

extension ClientCallObserver {
  /// Returns this observer.
  ///
  /// - Parameters:
  ///   - method: The method; `nil` for calls of methods that are not generated.
  ///   - target: The channel's target in full.
  public func observer(forMethod method: MethodDescriptor?, target: String) -> any ClientCallObserver { self }

  /// Does nothing.
  public func callStarted() {}
}
