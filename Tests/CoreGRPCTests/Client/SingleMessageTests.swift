import CoreGRPC
import TestSupport
import Testing

@Suite("A single message to the server, and a stream back", .timeLimit(.minutes(5)))
struct SingleMessageTests {
  private struct Failure: Error {}

  private struct FailingSerializer: MessageSerializer {
    func serialize(_ message: [UInt8]) throws -> MessageBuffer { throw Failure() }
  }

  @Test("The half-close comes in the frame of the message")
  func halfClose() async throws {
    let server = RawServer()
    let channel = try Channel(target: server.target)
    let call = Task {
      try await channel.serverStreaming(
        request: ClientRequest(message: [1, 2, 3]),
        descriptor: StreamServer.serverStreaming
      ) { response in
        for try await _ in response.messages { Issue.record("a message came") }
      }
    }
    let data = try #require(await server.firstFrame { $0.kind == .data })
    #expect(data.payload == [0, 0, 0, 0, 3, 1, 2, 3])
    let endsStream: UInt8 = 0x1
    #expect(data.flags == endsStream)
    call.cancel()
    #expect(await call.result.failure.map { ($0 as? RPCError)?.code } == .cancelled)
  }

  @Test("A producer that takes the place of the single message's is the one that runs")
  func otherProducer() async throws {
    try await withStreamServer { test in
      var request = StreamingClientRequest(single: ClientRequest(message: [1] as [UInt8]))
      request.producer = { writer in try await writer.write(contentsOf: [[2], [3]]) }
      let messages = try await test.channel.bidirectionalStreaming(
        request: request,
        descriptor: StreamServer.bidirectional
      ) { response in
        try await response.messages.reduce(into: []) { $0.append($1) }
      }
      #expect(messages == [[2], [3]])
    }
  }

  @Test("A message that cannot be serialized, or is too large, fails the call")
  func refused() async throws {
    try await withStreamServer { test in
      func call(_ serializer: some MessageSerializer<[UInt8]>, _ options: CallOptions) async -> RPCError? {
        await #expect(throws: RPCError.self) {
          try await test.channel.serverStreaming(
            request: ClientRequest(message: [1, 2, 3]),
            descriptor: StreamServer.serverStreaming,
            serializer: serializer,
            deserializer: IdentityDeserializer(),
            options: options
          ) { response in
            for try await _ in response.messages { Issue.record("a message came") }
          }
        }
      }
      let unserializable = await call(FailingSerializer(), CallOptions())
      #expect(unserializable?.code == .internalError)
      #expect(unserializable?.message == "cannot serialize the request: Failure()")
      let tooLarge = await call(IdentitySerializer(), CallOptions(maxRequestMessageBytes: 2))
      #expect(tooLarge?.code == .resourceExhausted)
    }
  }
}

extension Result {
  fileprivate var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
