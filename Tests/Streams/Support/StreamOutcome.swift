package import CoreGRPC

/// The outcome of a call: everything that came before its end, and its end.
package struct StreamOutcome: Sendable {
  package var metadata = Metadata()
  package var messages: [[UInt8]] = []
  /// The metadata that came with the status; after an error it has them.
  package var trailingMetadata = Metadata()
  package var error: RPCError?
}

extension StreamOutcome {
  init(_ response: ClientResponse<[UInt8]>) {
    self.init(
      metadata: response.metadata,
      messages: [response.message],
      trailingMetadata: response.trailingMetadata
    )
  }

  mutating func read(_ response: StreamingClientResponse<[UInt8]>) async throws {
    metadata = response.metadata
    for try await message in response.messages { messages.append(message) }
    trailingMetadata = try await response.trailingMetadata()
  }
}
