package import CoreGRPC

/// Makes one call of the race test, with its disturbance.
package struct RaceCall: Sendable {
  private struct Stop: Error {}

  let plan: RacePlan
  let channel: Channel

  package init(plan: RacePlan, channel: Channel) {
    self.plan = plan
    self.channel = channel
  }

  /// - Returns: The outcome of the call.
  package func run() async -> RaceOutcome {
    let call = Task { await outcome() }
    for _ in 0..<plan.yields { await Task.yield() }
    if plan.disturbance == .cancel { call.cancel() }
    if plan.disturbance == .channelClose { channel.close() }
    return await call.value
  }

  private func outcome() async -> RaceOutcome {
    do {
      return try await make() ? .success : .wrongAnswer
    } catch let error as RPCError {
      return .failure(error.code)
    } catch {
      return .foreignError
    }
  }

  /// - Returns: Whether the answer is right.
  private func make() async throws -> Bool {
    let message = [UInt8](repeating: 7, count: plan.size)
    let method = RaceService.method(plan.kind)
    let producer: StreamingClientRequest<[UInt8]>.Producer = { [plan] writer in
      for _ in 0..<plan.messages { try await writer.write(message) }
      if plan.disturbance == .producerError { throw Stop() }
    }
    switch plan.kind {
    case .unary:
      let response = try await channel.unary(
        request: ClientRequest(message: message, metadata: plan.metadata),
        descriptor: method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer(),
        options: plan.options
      )
      return response.message == message
    case .clientStreaming:
      let response = try await channel.clientStreaming(
        request: StreamingClientRequest(metadata: plan.metadata, producer: producer),
        descriptor: method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer(),
        options: plan.options
      )
      return response.message == [UInt8(plan.messages)]
    case .serverStreaming:
      return try await channel.serverStreaming(
        request: ClientRequest(message: message, metadata: plan.metadata),
        descriptor: method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer(),
        options: plan.options
      ) { response in
        try await read(response, expecting: message)
      }
    case .bidirectional:
      return try await channel.bidirectionalStreaming(
        request: StreamingClientRequest(metadata: plan.metadata, producer: producer),
        descriptor: method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer(),
        options: plan.options
      ) { response in
        try await read(response, expecting: message)
      }
    }
  }

  private func read(_ response: StreamingClientResponse<[UInt8]>, expecting message: [UInt8]) async throws -> Bool {
    var count = 0
    for try await received in response.messages {
      count += 1
      if received != message { return false }
      if plan.disturbance == .readerStops { throw Stop() }
    }
    return count == plan.messages
  }
}
