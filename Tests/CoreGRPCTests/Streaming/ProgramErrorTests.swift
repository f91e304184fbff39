import CoreGRPC
import TestSupport
import Testing

/// Errors of closures that a program gives to the library: written without an effect in their types.
@Suite("Errors of a program's closures", .timeLimit(.minutes(5)))
struct ProgramErrorTests {
  struct Secret: Error {}

  struct Known: RPCErrorConvertible {
    var rpcErrorCode: RPCError.Code { .notFound }
    var rpcErrorMessage: String { "no such thing" }
    var rpcErrorMetadata: Metadata { ["a": "b"] }
  }

  static let cases: [(any Error, RPCError.Code)] = [
    (RPCError(code: .dataLoss, message: "lost"), .dataLoss),
    (Known(), .notFound),
    (CancellationError(), .cancelled),
    (Secret(), .unknown),
  ]

  private func fail(_ error: any Error) async throws -> Int {
    await Task.yield()
    throw error
  }

  private func check(_ error: RPCError?, _ original: any Error, _ code: RPCError.Code) {
    #expect(error?.code == code)
    #expect(error?.message.contains("Secret") == false)
    if let original = original as? RPCError { #expect(error == original) }
    if original is Secret { #expect(error?.cause is Secret) }
    if original is Known { #expect(error == RPCError(Known())) }
  }

  @Test("Mapping received messages", arguments: cases)
  func mapMessages(thrown: any Error, code: RPCError.Code) async throws {
    let messages = RPCAsyncSequence([1, 2, 3])
    var texts: [String] = []
    for try await text in messages.mapMessages({ try await text(of: $0) }) { texts.append(text) }
    #expect(texts == ["1", "2", "3"])

    var iterator = RPCAsyncSequence([1]).mapMessages { _ in try await fail(thrown) }.makeAsyncIterator()
    check(await rpcError { try await iterator.next() }, thrown, code)
  }

  private func text(of number: Int) async throws -> String { "\(number)" }

  @Test("Making messages", arguments: cases)
  func receive(thrown: any Error, code: RPCError.Code) async throws {
    var iterator = RPCAsyncSequence { try await fail(thrown) }.makeAsyncIterator()
    check(await rpcError { try await iterator.next() }, thrown, code)

    var others = RPCAsyncSequence(receiving: { ReceivedMessage(message: try await fail(thrown)) }).makeAsyncIterator()
    check(await rpcError { try await others.next() }, thrown, code)
  }

  @Test("Writing, and mapping what is written", arguments: cases)
  func write(thrown: any Error, code: RPCError.Code) async throws {
    let writer = RPCWriter<Int> { _, _ in _ = try await fail(thrown) }
    check(await rpcError { try await writer.write(1) }, thrown, code)

    let written = Locked<[Int]>([])
    let collecting = RPCWriter<Int> { number, _ in written.withLock { $0.append(number) } }
    let lengths = collecting.mapMessages { (text: String) in
      if text.isEmpty { return try await fail(thrown) }
      return text.count
    }
    try await lengths.write("abc")
    #expect(written.withLock { $0 } == [3])
    check(await rpcError { try await lengths.write("") }, thrown, code)
  }

  @Test("The end of a call", arguments: cases)
  func status(thrown: any Error, code: RPCError.Code) async throws {
    let response = StreamingClientResponse(
      messages: RPCAsyncSequence([1]),
      status: {
        _ = try await fail(thrown)
        return [:]
      }
    )
    check(await rpcError { try await response.trailingMetadata() }, thrown, code)
  }

  @Test("A client's interceptor, in a unary call and in a stream", arguments: cases)
  func clientInterceptor(thrown: any Error, code: RPCError.Code) async throws {
    try await withStreamServer { test in
      let channel = try Channel(
        target: test.address.description,
        interceptors: [Failing(error: thrown)]
      )
      check(await rpcError { try await channel.echo() }, thrown, code)
      let error = await #expect(throws: RPCError.self) {
        try await channel.serverStreaming(
          request: ClientRequest(message: [1]),
          descriptor: StreamServer.serverStreaming
        ) { response in
          for try await _ in response.messages {}
        }
      }
      check(error, thrown, code)
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }

  @Test("A server sends the code on, and not what an unknown error says", arguments: cases)
  func server(thrown: any Error, code: RPCError.Code) async throws {
    try await withStreamServer { request, _ in
      StreamingServerResponse { writer in
        let messages = request.messages.mapMessages { _ -> [UInt8] in
          _ = try await fail(thrown)
          return []
        }
        for try await message in messages { try await writer.write(message) }
        return [:]
      }
    } body: { test in
      let error = await #expect(throws: RPCError.self) { try await test.echo([[1]]) }
      #expect(error?.code == code)
      #expect(error?.message.contains("Secret") == false)
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }
}

private struct Failing: ClientInterceptor {
  let error: any Error

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    throw error
  }
}
