/// What is sent at the end of a call: the status, and before it the metadata and the message that were not sent yet.
@usableFromInline
struct UnaryReply: ~Copyable {
  /// Made at once: to hold the parts first would copy them once more.
  let batch: Batch

  init(status: Status, trailingMetadata: Metadata = Metadata()) {
    batch = Batch(replyingWith: status, trailingMetadata: trailingMetadata)
  }

  init(error: RPCError) { self.init(status: Status(error), trailingMetadata: error.metadata) }
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

  /// What a deserializer threw.
  @usableFromInline
  init(cannotDeserialize error: any Error) {
    self.init(error: RPCError(wrapping: error, as: .internalError, message: "cannot deserialize the request"))
  }

  /// What a handler threw.
  @usableFromInline
  init(handlerFailure error: any Error, of method: MethodDescriptor) {
    self.init(error: HandlerOutcome.error(for: error, of: method))
  }

  /// What a serializer threw.
  @usableFromInline
  init(cannotSerialize error: any Error) {
    self.init(
      error: RPCError(wrapping: error, as: .internalError, message: "cannot serialize the response", showsText: false)
    )
  }
}
