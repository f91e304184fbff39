package import CoreGRPC

/// Makes one call of the chaos test.
package struct ChaosCall: Sendable {
  /// The outcome of a call, and its time.
  package struct Result: Sendable {
    package var plan: ChaosPlan
    package var outcome: RaceOutcome
    /// When it was cancelled, or its deadline came, in nanoseconds; `nil` if neither was to be.
    package var dueTime: UInt64?
    package var endTime: UInt64
  }

  let plan: ChaosPlan
  let channel: Channel

  package init(plan: ChaosPlan, channel: Channel) {
    self.plan = plan
    self.channel = channel
  }

  /// - Returns: What became of the call. Exactly one thing does.
  package func run() async -> Result {
    let began = monotonicNanoseconds()
    let call = Task {
      let outcome = await self.outcome()
      return (outcome, monotonicNanoseconds())
    }
    var dueTime: UInt64?
    switch plan.ending {
    case .none: break
    case .cancel(let milliseconds):
      try? await Task.sleep(for: .milliseconds(milliseconds))
      dueTime = monotonicNanoseconds()
      call.cancel()
    case .deadline(let milliseconds): dueTime = began + UInt64(milliseconds) * 1_000_000
    }
    let (outcome, endTime) = await call.value
    return Result(plan: plan, outcome: outcome, dueTime: dueTime, endTime: endTime)
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
    let message = Array(String(plan.identifier).utf8)
    let method = plan.method
    let serializer = IdentitySerializer()
    let deserializer = IdentityDeserializer()
    switch plan.kind {
    case .unary:
      return try await channel.unary(
        request: ClientRequest(message: message, metadata: plan.metadata),
        descriptor: method,
        serializer: serializer,
        deserializer: deserializer,
        options: plan.options
      ).message == message
    case .clientStreaming:
      return try await channel.clientStreaming(
        request: StreamingClientRequest(metadata: plan.metadata) { writer in try await writer.write(message) },
        descriptor: method,
        serializer: serializer,
        deserializer: deserializer,
        options: plan.options
      ).message == message
    case .serverStreaming:
      return try await channel.serverStreaming(
        request: ClientRequest(message: message, metadata: plan.metadata),
        descriptor: method,
        serializer: serializer,
        deserializer: deserializer,
        options: plan.options
      ) { response in
        try await response.messages.reduce(into: []) { $0.append($1) } == [message]
      }
    case .bidirectional:
      return try await channel.bidirectionalStreaming(
        request: StreamingClientRequest(metadata: plan.metadata) { writer in try await writer.write(message) },
        descriptor: method,
        serializer: serializer,
        deserializer: deserializer,
        options: plan.options
      ) { response in
        try await response.messages.reduce(into: []) { $0.append($1) } == [message]
      }
    }
  }
}
