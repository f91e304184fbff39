/// The messages that the other end of a call sends, in order.
///
/// A message is received when it is asked for: what the reader does not take, the sender must keep, once the transport's
/// flow-control window is full. One task at a time may iterate. A sequence is of no use after its call.
public struct RPCAsyncSequence<Element: Sendable>: AsyncSequence, Sendable {
  /// What iterating throws.
  public typealias Failure = RPCError

  @usableFromInline let receive:
    nonisolated(nonsending) @Sendable () async throws(RPCError) -> ReceivedMessage<Element>?

  /// A sequence of what `receive` returns, up to the first `nil`: for tests and interceptors.
  ///
  /// Iterating throws what `receive` throws, always as ``RPCError``: a `CancellationError` as ``RPCError/Code/cancelled``, an
  /// ``RPCErrorConvertible`` as it says, any other as ``RPCError/Code/unknown`` with the error as its cause. A server that sends that
  /// on sends nothing of the cause.
  public init(_ receive: nonisolated(nonsending) @escaping @Sendable () async throws -> Element?) {
    self.init(receiving: {
      guard let message = try await receive() else { return nil }
      return ReceivedMessage(message: message)
    })
  }

  /// A sequence of messages that know how they came, up to the first `nil`: for tests and interceptors.
  ///
  /// Iterating throws what `receive` throws, see ``init(_:)``.
  public init(
    receiving receive: nonisolated(nonsending) @escaping @Sendable () async throws -> ReceivedMessage<Element>?
  ) {
    // A function, as a closure would be one that does not run where its caller does.
    @Sendable nonisolated(nonsending) func checked() async throws(RPCError) -> ReceivedMessage<Element>? {
      do { return try await receive() } catch {
        throw RPCError(thrownByProgram: error, message: "the next message cannot be made")
      }
    }
    self.init(checked: checked)
  }

  /// A sequence of what comes from the other end of a call.
  @inlinable
  init(
    checked receive: nonisolated(nonsending) @escaping @Sendable () async throws(RPCError) -> ReceivedMessage<Element>?
  ) {
    self.receive = receive
  }

  /// A sequence of the elements, for tests and interceptors.
  public init(_ elements: some Sequence<Element>) {
    let rest = Locked(Array(elements)[...])
    self.init { rest.withLock { $0.popFirst() } }
  }

  /// Begins to iterate, or goes on where an earlier iterator stopped.
  @inlinable
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(receive: receive) }

  /// Receives one message after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    @usableFromInline let receive:
      nonisolated(nonsending) @Sendable () async throws(RPCError) -> ReceivedMessage<Element>?

    @inlinable
    init(receive: nonisolated(nonsending) @escaping @Sendable () async throws(RPCError) -> ReceivedMessage<Element>?) {
      self.receive = receive
    }

    /// Receives the next message.
    ///
    /// Cancelling the task cancels the call.
    ///
    /// - Returns: `nil` at the end of the stream.
    /// - Throws: On a client the status of a call that failed; on a server ``RPCError/Code/cancelled`` when the client
    ///   went away.
    @inlinable
    public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(RPCError) -> Element? {
      try await receive()?.message
    }
  }
}

extension RPCAsyncSequence {
  /// The same messages, each with how it came.
  public var receivedMessages: RPCAsyncSequence<ReceivedMessage<Element>> {
    @Sendable nonisolated(nonsending) func next() async throws(RPCError) -> ReceivedMessage<ReceivedMessage<Element>>? {
      guard let received = try await receive() else { return nil }
      return ReceivedMessage(message: received, wasCompressed: received.wasCompressed)
    }
    return RPCAsyncSequence<ReceivedMessage<Element>>(checked: next)
  }
}

extension RPCAsyncSequence {
  /// The same messages, each changed by `transform`.
  ///
  /// Iterating throws what `transform` throws, see ``init(_:)``.
  public func mapMessages<Other: Sendable>(
    _ transform: nonisolated(nonsending) @escaping @Sendable (Element) async throws -> Other
  ) -> RPCAsyncSequence<Other> {
    @Sendable nonisolated(nonsending) func next() async throws(RPCError) -> ReceivedMessage<Other>? {
      guard let received = try await receive() else { return nil }
      do {
        return ReceivedMessage(message: try await transform(received.message), wasCompressed: received.wasCompressed)
      } catch {
        throw RPCError(thrownByProgram: error, message: "a received message cannot be mapped")
      }
    }
    return RPCAsyncSequence<Other>(checked: next)
  }
}
