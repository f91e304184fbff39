/// The end of a response: the status, and before it the metadata and the message that were not sent yet.
@usableFromInline
struct UnaryReply: ~Copyable {
  /// Made in one step: storing the parts first would copy them once more.
  let batch: Batch

  init(status: Status, trailingMetadata: Metadata = Metadata()) {
    batch = Batch(replyingWith: status, trailingMetadata: trailingMetadata)
  }

  @usableFromInline
  init(_ error: RPCError) {
    batch = Batch(
      replyingWith: Status(error),
      trailingMetadata: error.metadata,
      metadata: error.initialMetadata
    )
  }
}

extension UnaryReply {
  /// Creates a response.
  @usableFromInline
  init(
    metadata: Metadata,
    compression: CompressionAlgorithm?,
    message: consuming MessageBuffer,
    trailingMetadata: Metadata
  ) {
    batch = Batch(
      replyingWith: .ok,
      trailingMetadata: trailingMetadata,
      message: message,
      metadata: metadata,
      compression: compression
    )
  }

  /// Creates a response from a message, which it serializes.
  @inlinable
  init<Output: Sendable>(_ response: ServerResponse<Output>, _ serializer: some MessageSerializer<Output>) {
    do {
      self.init(
        metadata: response.metadata,
        compression: response.compression,
        message: try serializer.serialize(response.message),
        trailingMetadata: response.trailingMetadata
      )
    } catch {
      self.init(RPCError(cannotSerializeResponse: error))
    }
  }

  /// Creates the end of a stream.
  @usableFromInline
  init(trailingMetadata: Metadata) { self.init(status: .ok, trailingMetadata: trailingMetadata) }

  /// Creates the reply for an error that a handler threw.
  @usableFromInline
  init(handlerFailure error: any Error, of method: MethodDescriptor) {
    self.init(HandlerFailure.error(for: error, of: method))
  }
}
