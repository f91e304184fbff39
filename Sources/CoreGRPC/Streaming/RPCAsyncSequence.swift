/// The messages that the other end of a call sends, in order.
///
/// The sequence receives a message when the program asks for it. Once the window of flow control is full, the sender
/// waits. One task at a time may iterate: ``AsyncIterator/next(isolation:)`` throws in another task that receives at
/// the same time. Do not use a sequence after its call.
@frozen
public struct RPCAsyncSequence<Element: Sendable>: AsyncSequence, Sendable {
  /// The type of errors of the iteration.
  public typealias Failure = RPCError

  @usableFromInline let receive:
    nonisolated(nonsending) @Sendable () async throws(RPCError) -> ReceivedMessage<Element>?

  /// Creates a sequence of the elements that `receive` returns, up to the first `nil`: for tests and interceptors.
  ///
  /// Iterating throws the error of `receive`, always as ``RPCError``: a `CancellationError` as
  /// ``RPCError/Code/cancelled``, an ``RPCErrorConvertible`` as it says, any other as ``RPCError/Code/unknown`` with
  /// the error as its cause. A server that passes the error on sends nothing of the cause.
  public init(_ receive: nonisolated(nonsending) @escaping @Sendable () async throws -> Element?) {
    self.init(receiving: {
      guard let message = try await receive() else { return nil }
      return ReceivedMessage(message: message)
    })
  }

  /// Creates a sequence of messages with their properties, up to the first `nil`: for tests and interceptors.
  ///
  /// Iterating throws the error of `receive`, see ``init(_:)-(()->Element?)``.
  public init(
    receiving receive: nonisolated(nonsending) @escaping @Sendable () async throws -> ReceivedMessage<Element>?
  ) {
    // A function, because a closure would not run where its caller does.
    @Sendable nonisolated(nonsending) func checked() async throws(RPCError) -> ReceivedMessage<Element>? {
      do { return try await receive() } catch {
        throw RPCError(thrownByProgram: error, message: "the next message could not be produced")
      }
    }
    self.init(checked: checked)
  }

  /// Creates a sequence of the messages from the other end of a call.
  @inlinable
  init(
    checked receive: nonisolated(nonsending) @escaping @Sendable () async throws(RPCError) -> ReceivedMessage<Element>?
  ) {
    self.receive = receive
  }

  /// Creates a sequence of the elements, for tests and interceptors.
  public init(_ elements: some Sequence<Element>) {
    let rest = Locked(Array(elements)[...])
    self.init { rest.withLock { $0.popFirst() } }
  }

  /// Begins to iterate, or continues after an earlier iterator.
  @inlinable
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(receive: receive) }

  /// Receives one message after the other.
  @frozen
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
    ///   disconnected. While another task receives from the same call, ``RPCError/Code/failedPrecondition`` on a
    ///   client, and ``RPCError/Code/internalError`` on a server.
    @inlinable
    public mutating func next(isolation actor: isolated (any Actor)? = #isolation) async throws(RPCError) -> Element? {
      try await receive()?.message
    }
  }
}

extension RPCAsyncSequence {
  /// The same messages, each with its properties.
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
  /// Iterating throws the error of `transform`, see ``init(_:)-(()->Element?)``.
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
