/// What is sent at the end of a call: the status, and before it the metadata and the message that were not sent yet.
struct UnaryReply: ~Copyable {
  var metadata = Metadata()
  var compression: Compression.Algorithm?
  var message: MessageBuffer?
  var status: Status
  var trailingMetadata = Metadata()
}

extension UnaryReply {
  init(error: RPCError) { self.init(status: Status(error), trailingMetadata: error.metadata) }

  /// A response's message, or the error of a serializer that cannot send it.
  init<Message: Sendable>(_ response: ServerResponse<Message>, serializer: some MessageSerializer<Message>) {
    do {
      self.init(
        metadata: response.metadata,
        compression: response.compression,
        message: try serializer.serialize(response.message),
        status: .ok,
        trailingMetadata: response.trailingMetadata
      )
    } catch {
      self.init(
        error: RPCError(wrapping: error, as: .internalError, message: "cannot serialize the response", showsText: false)
      )
    }
  }
}
