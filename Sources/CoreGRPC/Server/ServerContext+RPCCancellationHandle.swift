extension ServerContext {
  /// The cancellation of a call, with its reason, as its handler sees it.
  ///
  /// An endless stream ends in time with it when its server shuts down:
  ///
  /// ```swift
  /// func watch(request: Request, response: RPCWriter<Reply>, context: ServerContext) async throws {
  ///   for try await change in changes {
  ///     if context.cancellation.isCancelled { break }
  ///     try await response.write(change)
  ///   }
  /// }
  /// ```
  ///
  /// It is cancelled when
  /// - the caller's deadline passes, the client cancels the call, its connection ends, or the grace period after the
  ///   connection's maximum age does (``Server/Configuration/ConnectionAge``): the handler's task is cancelled, too;
  /// - the server begins to shut down gracefully: the handle alone is cancelled then, and the task not before the grace
  ///   period is over, so that calls in progress are not cut short;
  /// - the program calls ``cancel()``, which does not cancel the task either.
  ///
  /// grpc-swift-2 does not cancel the task in any of these cases, nor other tasks that the handler waits for.
  /// ``withRPCCancellationHandler(operation:onCancelRPC:)`` calls a closure when the handle is cancelled.
  public struct RPCCancellationHandle: Sendable {
    let cancellation: RPCCancellation

    /// Creates a handle of no call, which only ``cancel()`` cancels: for tests of what uses one.
    public init() { cancellation = RPCCancellation() }

    init(_ cancellation: RPCCancellation) { self.cancellation = cancellation }

    /// Whether the call is cancelled.
    public var isCancelled: Bool { cancellation.reason != nil }

    /// The reason of the cancellation; `nil` while the call is not cancelled.
    ///
    /// The first reason counts: that of a call which outlasts the grace period of a shutdown remains
    /// ``Reason/serverShutdown``.
    public var reason: Reason? { cancellation.reason }

    /// Waits until the call is cancelled.
    ///
    /// - Throws: `CancellationError`, if the task is cancelled before.
    public var cancelled: Void {
      get async throws {
        guard await cancellation.wait() else { throw CancellationError() }
      }
    }

    /// Marks the call as cancelled, for its handler and what the handler calls.
    ///
    /// The call and its task continue. Later calls of this function have no effect.
    public func cancel() { cancellation.cancel(for: .application) }
  }
}

extension ServerContext.RPCCancellationHandle {
  /// The reason of a cancellation.
  public struct Reason: Sendable, Hashable, CustomStringConvertible {
    private enum Value: Sendable, Hashable {
      case deadlineExceeded, clientCancelled, serverShutdown, connectionAge, application
    }

    private let value: Value

    /// The caller's deadline has passed.
    ///
    /// A client whose own deadline passes cancels its call, which reaches the server a moment before or after the
    /// server's clock says so: both count as this.
    public static var deadlineExceeded: Self { Self(value: .deadlineExceeded) }

    /// The client has cancelled the call, or its connection has ended: C-core does not tell which.
    public static var clientCancelled: Self { Self(value: .clientCancelled) }

    /// The server has begun to shut down.
    public static var serverShutdown: Self { Self(value: .serverShutdown) }

    /// The call's connection has reached its maximum age, and the grace period after that is over.
    public static var connectionAge: Self { Self(value: .connectionAge) }

    /// The program has called ``ServerContext/RPCCancellationHandle/cancel()``.
    public static var application: Self { Self(value: .application) }

    /// The status to report of a call that ends for this reason, in logs and metrics: DEADLINE_EXCEEDED, CANCELLED,
    /// UNAVAILABLE for a shutdown and a connection's age, and CANCELLED.
    public var code: RPCError.Code {
      switch value {
      case .deadlineExceeded: .deadlineExceeded
      case .clientCancelled, .application: .cancelled
      case .serverShutdown, .connectionAge: .unavailable
      }
    }

    /// A sentence without a full stop.
    public var description: String {
      switch value {
      case .deadlineExceeded: "the call's deadline has passed"
      case .clientCancelled: "the client cancelled the call or disconnected"
      case .serverShutdown: "the server is shutting down"
      case .connectionAge: "the connection has reached its maximum age"
      case .application: "the program cancelled the call"
      }
    }
  }
}

/// Runs an operation, and calls a closure if the call that the current task serves is cancelled meanwhile.
///
/// ``ServerContext/RPCCancellationHandle`` says when that is. The closure is called once: before the operation, if the
/// call is cancelled already; otherwise as a task of its own, where the server's handlers run, so that it may block. It
/// may still run when this function has returned. Outside of a handler the closure is never called.
///
/// It works in the handler's task, its child tasks, and unstructured tasks made there, except for one case: in a unary
/// handler whose call has no deadline and passes no interceptor, it finds the call in the handler's own task alone.
/// Elsewhere give the handle with ``withRPCCancellationHandler(of:operation:onCancelRPC:)``.
///
/// - Parameters:
///   - operation: The operation, which runs whether the call is cancelled or not.
///   - handler: The closure.
/// - Throws: The operation's error.
/// - Returns: The operation's result.
public nonisolated(nonsending) func withRPCCancellationHandler<Result, Failure: Error>(
  operation: nonisolated(nonsending) () async throws(Failure) -> Result,
  onCancelRPC handler: @Sendable @escaping () -> Void
) async throws(Failure) -> Result {
  guard let handle = ServerContext.boundCancellation ?? ServerCall.current?.context.cancellation else {
    return try await operation()
  }
  return try await withRPCCancellationHandler(of: handle, operation: operation, onCancelRPC: handler)
}

extension ServerContext {
  /// The handle that ``withRPCCancellationHandler(operation:onCancelRPC:)`` finds in the current task of a test.
  @TaskLocal static var boundCancellation: RPCCancellationHandle?
}

/// Runs an operation that finds a handle as if it were a handler's, for tests of handlers.
///
/// Give the handle to the handler's ``ServerContext``, too. ``ServerContext/RPCCancellationHandle/cancel()`` then does
/// what the end of a call does:
///
/// ```swift
/// try await withServerContextRPCCancellationHandle { handle in
///   let context = ServerContext(descriptor: method, cancellation: handle)
///   async let reply = service.watch(request: request, context: context)
///   handle.cancel()
///   _ = try await reply
/// }
/// ```
///
/// - Parameter operation: The operation, which gets the handle.
/// - Throws: The operation's error.
/// - Returns: The operation's result.
public nonisolated(nonsending) func withServerContextRPCCancellationHandle<Success, Failure: Error>(
  _ operation: nonisolated(nonsending) (ServerContext.RPCCancellationHandle) async throws(Failure) -> Success
) async throws(Failure) -> Success {
  let handle = ServerContext.RPCCancellationHandle()
  // `withValue` has no typed throws.
  let result = await ServerContext.$boundCancellation.withValue(handle) { () async -> Result<Success, Failure> in
    do throws(Failure) { return .success(try await operation(handle)) } catch { return .failure(error) }
  }
  return try result.get()
}

/// Runs an operation, and calls a closure if a call is cancelled meanwhile.
///
/// As ``withRPCCancellationHandler(operation:onCancelRPC:)``, in any task.
///
/// - Parameters:
///   - handle: The call's handle, ``ServerContext/cancellation``.
///   - operation: The operation, which runs whether the call is cancelled or not.
///   - handler: The closure.
/// - Throws: The operation's error.
/// - Returns: The operation's result.
public nonisolated(nonsending) func withRPCCancellationHandler<Result, Failure: Error>(
  of handle: ServerContext.RPCCancellationHandle,
  operation: nonisolated(nonsending) () async throws(Failure) -> Result,
  onCancelRPC handler: @Sendable @escaping () -> Void
) async throws(Failure) -> Result {
  guard let number = handle.cancellation.add(handler) else {
    handler()
    return try await operation()
  }
  defer { handle.cancellation.remove(number) }
  return try await operation()
}
