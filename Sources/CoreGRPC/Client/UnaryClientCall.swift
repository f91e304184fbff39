/// One unary call on the client: a single batch of all six operations, in which the status alone says what happened.
struct UnaryClientCall<Deserializer: MessageDeserializer> {
  let call: Call
  let deserializer: Deserializer
  let options: CallOptions

  func response<Input: Sendable>(
    to request: ClientRequest<Input>,
    serializer: some MessageSerializer<Input>
  ) async throws(RPCError) -> ClientResponse<Deserializer.Message> {
    var batch = Batch()
    batch.sendInitialMetadata(
      request.metadata,
      waitsForReady: options.waitForReady,
      compression: options.compression
    )
    do {
      let message = try serializer.serialize(request.message)
      try options.checkSent(byteCount: message.byteCount)
      batch.sendMessage(message)
    } catch {
      throw RPCError(wrapping: error, as: .internalError, message: "cannot serialize the request")
    }
    batch.sendHalfClose()
    batch.receive([.receiveInitialMetadata, .receiveMessage, .receiveClose])
    _ = try await call.performCancellably(batch)

    let status = call.receivedStatus
    if let error = RPCError(status: status, metadata: call.receivedTrailingMetadata) { throw error }
    guard let message = try call.takeReceivedMessage() else {
      // See https://grpc.github.io/grpc/core/md_doc_statuscodes.html: response cardinality violation.
      throw RPCError(code: .unimplemented, message: "the server answered OK without a message")
    }
    try options.checkReceived(byteCount: message.byteCount)
    let output = try RPCError.wrapping("cannot deserialize the response", .internalError) {
      try deserializer.deserialize(message)
    }
    var response = ClientResponse(
      message: output,
      metadata: call.receivedInitialMetadata,
      trailingMetadata: call.receivedTrailingMetadata
    )
    response.wasCompressed = message.wasCompressed
    return response
  }
}
