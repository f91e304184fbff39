/// Sends messages to the other end of a call.
///
/// Several tasks may write; each message goes out whole. A writer is of no use after the function that it was given to.
public struct RPCWriter<Element: Sendable>: Sendable {
  @usableFromInline let send: nonisolated(nonsending) @Sendable (Element, WriteOptions) async throws(RPCError) -> Void

  /// A writer that hands each message to `send`: for tests and interceptors.
  ///
  /// Writing throws what `send` throws, always as ``RPCError``, see ``RPCAsyncSequence/init(_:)``.
  ///
  /// - Parameter send: Gets the message, and how it shall be sent.
  public init(_ send: nonisolated(nonsending) @escaping @Sendable (Element, WriteOptions) async throws -> Void) {
    // A function, as a closure would be one that does not run where its caller does.
    @Sendable nonisolated(nonsending) func checked(_ element: Element, options: WriteOptions) async throws(RPCError) {
      do { try await send(element, options) } catch {
        throw RPCError(thrownByProgram: error, message: "the message cannot be written")
      }
    }
    self.init(checked: checked)
  }

  /// A writer to the other end of a call.
  @inlinable
  init(
    checked send: nonisolated(nonsending) @escaping @Sendable (Element, WriteOptions) async throws(RPCError) -> Void
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
  public nonisolated(nonsending) func write<Messages: AsyncSequence>(
    contentsOf messages: Messages
  ) async throws where Messages.Element == Element {
    for try await message in messages { try await write(message) }
  }

  /// A writer whose messages are changed by `transform` before this one sends them.
  ///
  /// Writing throws what `transform` throws, always as ``RPCError``, see ``RPCAsyncSequence/init(_:)``.
  public func mapMessages<Other: Sendable>(
    _ transform: nonisolated(nonsending) @escaping @Sendable (Other) async throws -> Element
  ) -> RPCWriter<Other> {
    @Sendable nonisolated(nonsending) func checked(_ other: Other, options: WriteOptions) async throws(RPCError) {
      let element: Element
      do { element = try await transform(other) } catch {
        throw RPCError(thrownByProgram: error, message: "a message to send cannot be mapped")
      }
      try await send(element, options)
    }
    return RPCWriter<Other>(checked: checked)
  }
}
