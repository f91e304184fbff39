/// What is sent at the end of a call: the status, and before it the metadata and the message that were not sent yet.
@usableFromInline
struct UnaryReply: ~Copyable {
  var metadata = Metadata()
  var compression: Compression.Algorithm?
  var message: MessageBuffer?
  var status: Status
  var trailingMetadata = Metadata()

  init(status: Status, trailingMetadata: Metadata = Metadata()) {
    self.status = status
    self.trailingMetadata = trailingMetadata
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
    self.init(status: .ok, trailingMetadata: trailingMetadata)
    self.metadata = metadata
    self.compression = compression
    self.message = consume message
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
