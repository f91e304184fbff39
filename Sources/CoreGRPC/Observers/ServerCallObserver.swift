/// Sees each call of a ``Server`` begin and end: see ``Server/Configuration/callObservers``.
///
/// Whatever ends a call, its observers see it: an answer, an error, the client, a deadline, a shutdown, a limit. They
/// also see the calls that reach no handler and no interceptor. Only the calls that C-core ends by itself are missing,
/// see ``RefusedCall``.
///
/// ```swift
/// struct SlowCalls: ServerCallObserver {
///   let found: AsyncStream<String>.Continuation
///
///   func callEnded(_ call: borrowing EndedServerCall) {
///     if call.duration > .seconds(1) { found.yield(call.path) }
///   }
/// }
/// ```
///
/// An observer runs on the thread that begins or ends the call, most often one that polls for the network, and on
/// several threads at the same time. It holds no lock of the library there. It must not block: other calls wait
/// meanwhile. Work that may take longer, such as writing to a file, belongs into a queue.
public protocol ServerCallObserver: Sendable {
  /// Returns the observer of one method's calls.
  ///
  /// A server asks once for each of its methods when it is created, and for all calls of other methods together. So an
  /// observer can prepare what it needs for each call.
  ///
  /// Defaults to this observer.
  ///
  /// - Parameter method: The method; `nil` for calls of methods that the server does not have.
  func observer(forMethod method: MethodDescriptor?) -> any ServerCallObserver

  /// Notes that a call has arrived, before anything else happens to it.
  ///
  /// Defaults to nothing.
  func callStarted()

  /// Notes that a call is over.
  ///
  /// Called once for each call, after ``callStarted()``. The handler of a call that was cancelled may still run.
  func callEnded(_ call: borrowing EndedServerCall)
}

extension ServerCallObserver {
  /// Returns this observer.
  public func observer(forMethod method: MethodDescriptor?) -> any ServerCallObserver { self }

  /// Does nothing.
  public func callStarted() {}
}
