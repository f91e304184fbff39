/// What is sent at the end of a call: the status, and before it the metadata and the message that were not sent yet.
@usableFromInline
struct UnaryReply: ~Copyable {
  /// Made at once: to hold the parts first would copy them once more.
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
  /// A response.
  @usableFromInline
  init(
    metadata: Metadata,
    compression: Compression.Algorithm?,
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

  /// A response, serialized.
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

  /// The end of a stream.
  @usableFromInline
  init(trailingMetadata: Metadata) { self.init(status: .ok, trailingMetadata: trailingMetadata) }

  /// What a handler threw.
  @usableFromInline
  init(handlerFailure error: any Error, of method: MethodDescriptor) {
    self.init(HandlerFailure.error(for: error, of: method))
  }
}
