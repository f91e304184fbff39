/// Sends messages to the other end of a call.
///
/// Several tasks may write; each message goes out whole. A writer is of no use after the function that it was given to.
public struct RPCWriter<Element: Sendable>: Sendable {
  @usableFromInline let send: nonisolated(nonsending) @Sendable (Element, WriteOptions) async throws(RPCError) -> Void

  /// A writer that hands each message to `send`: for tests and interceptors.
  ///
  /// - Parameter send: Gets the message, and how it shall be sent.
  @inlinable
  public init(
    _ send: nonisolated(nonsending) @escaping @Sendable (Element, WriteOptions) async throws(RPCError) -> Void
  ) {
    self.send = send
  }

  /// Sends a message, and waits until flow control has let it pass.
  ///
  /// A server that has much to do keeps one message of each call for a millisecond or two at most, and then sends those of many
  /// calls one after the other: it is the next message of a call that waits then. Cancelling the task cancels the call.
  ///
  /// - Throws: ``RPCError``, when the call is over or the message cannot be serialized.
  @inlinable
  public nonisolated(nonsending) func write(
    _ element: Element,
    options: WriteOptions = WriteOptions()
  ) async throws(RPCError) {
    try await send(element, options)
  }

  /// Sends messages that are all there already, with as few packets as flow control allows.
  ///
  /// - Throws: ``RPCError``, when the call is over or a message cannot be serialized.
  public nonisolated(nonsending) func write(
    contentsOf elements: some Sequence<Element>,
    options: WriteOptions = WriteOptions()
  ) async throws(RPCError) {
    var options = options
    let isLastFollowed = options.isFollowed
    var iterator = elements.makeIterator()
    var next = iterator.next()
    while let element = next {
      next = iterator.next()
      options.isFollowed = next != nil || isLastFollowed
      try await send(element, options)
    }
  }

  /// Sends the messages of a sequence as they come.
  public func write<Messages: AsyncSequence>(
    contentsOf messages: Messages
  ) async throws where Messages.Element == Element {
    for try await message in messages { try await write(message) }
  }

  /// A writer whose messages are changed by `transform` before this one sends them.
  public func mapMessages<Other: Sendable>(
    _ transform: nonisolated(nonsending) @escaping @Sendable (Other) async throws(RPCError) -> Element
  ) -> RPCWriter<Other> {
    RPCWriter<Other> { [send] (other, options) async throws(RPCError) in
      try await send(try await transform(other), options)
    }
  }
}
