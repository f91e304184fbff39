/// Sends messages to the other end of a call.
///
/// Several tasks may write at the same time. Do not use a writer after the function that it was passed to.
@frozen
public struct RPCWriter<Element: Sendable>: Sendable {
  @usableFromInline let send: nonisolated(nonsending) @Sendable (Element, WriteOptions) async throws(RPCError) -> Void

  /// Creates a writer that hands each message to `send`: for tests and interceptors.
  ///
  /// Writing throws the error of `send`, always as ``RPCError``, see ``RPCAsyncSequence/init(receiving:)``.
  ///
  /// - Parameter send: Gets the message and its options.
  public init(_ send: nonisolated(nonsending) @escaping @Sendable (Element, WriteOptions) async throws -> Void) {
    // A function, because a closure would not run where its caller does.
    @Sendable nonisolated(nonsending) func checked(_ element: Element, options: WriteOptions) async throws(RPCError) {
      do { try await send(element, options) } catch {
        throw RPCError(thrownByProgram: error, message: "the message cannot be written")
      }
    }
    self.init(checked: checked)
  }

  /// Creates a writer to the other end of a call.
  @inlinable
  init(
    checked send: nonisolated(nonsending) @escaping @Sendable (Element, WriteOptions) async throws(RPCError) -> Void
  ) {
    self.send = send
  }

  /// Sends a message, and waits until flow control lets it pass.
  ///
  /// Under load, a server defers one message of each call for a millisecond or two at most, and then sends those of
  /// many calls one after the other. The next message of the call waits for that. Cancelling the task cancels the call.
  ///
  /// - Parameters:
  ///   - element: The message.
  ///   - options: The manner of sending it. Defaults to a message that is sent immediately.
  /// - Throws: ``RPCError``, when the call is over or the message cannot be serialized.
  @inlinable
  public nonisolated(nonsending) func write(
    _ element: Element,
    options: WriteOptions = WriteOptions()
  ) async throws(RPCError) {
    try await send(element, options)
  }

  /// Sends several messages, with as few packets as flow control allows.
  ///
  /// - Parameters:
  ///   - elements: The messages.
  ///   - options: The manner of sending them. Defaults to compression as the call's.
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

  /// Sends the messages of a sequence as they arrive.
  ///
  /// - Parameter messages: The messages.
  /// - Throws: The error of the sequence, or ``RPCError`` when the call is over or a message cannot be serialized.
  public nonisolated(nonsending) func write<Messages: AsyncSequence>(
    contentsOf messages: Messages
  ) async throws where Messages.Element == Element {
    for try await message in messages { try await write(message) }
  }

  /// A writer whose messages are changed by `transform` before this one sends them.
  ///
  /// Writing throws the error of `transform`, always as ``RPCError``, see ``RPCAsyncSequence/init(receiving:)``.
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
