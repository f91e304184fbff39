import CoreGRPC
import GRPCTesting

extension InteropClient {
  private static let requestSizes = [27_182, 8, 1_828, 45_904]
  private static let responseSizes = [31_415, 9, 2_653, 58_979]

  func clientStreaming(_ service: Grpc_Testing_TestService.Client) async throws {
    let response = try await service.streamingInputCall(
      producer: { writer in
        for size in Self.requestSizes {
          try await writer.write(Grpc_Testing_StreamingInputCallRequest(payload: Grpc_Testing_Payload(zeros: size)))
        }
      },
      options: options()
    )
    try InteropSuite.check("aggregated payload size", response.aggregatedPayloadSize, is: 74_922)
  }

  func serverStreaming(_ service: Grpc_Testing_TestService.Client) async throws {
    let request = Grpc_Testing_StreamingOutputCallRequest(
      responseParameters: Self.responseSizes.map { Grpc_Testing_ResponseParameters(size: Int32($0)) }
    )
    let responses = try await service.streamingOutputCall(request, options: options()) { messages in
      try await messages.reduce(into: []) { $0.append($1) }
    }
    try check(responses)
  }

  /// Sends each request when the response to the one before has come.
  func pingPong(_ service: Grpc_Testing_TestService.Client) async throws {
    let (replies, continuation) = AsyncStream.makeStream(of: Void.self)
    let responses = try await service.fullDuplexCall(
      producer: { writer in
        var replies = replies.makeAsyncIterator()
        for (requestSize, responseSize) in zip(Self.requestSizes, Self.responseSizes) {
          try await writer.write(.one(size: responseSize, payload: requestSize))
          await replies.next()
        }
      },
      options: options()
    ) { messages in
      var responses: [Grpc_Testing_StreamingOutputCallResponse] = []
      for try await message in messages {
        responses.append(message)
        continuation.yield()
      }
      return responses
    }
    try check(responses)
  }

  func emptyStream(_ service: Grpc_Testing_TestService.Client) async throws {
    let count = try await service.fullDuplexCall(producer: { _ in }, options: options()) { messages in
      try await messages.reduce(0) { count, _ in count + 1 }
    }
    try InteropSuite.check("number of responses", count, is: 0)
  }

  private func check(_ responses: [Grpc_Testing_StreamingOutputCallResponse]) throws(InteropFailure) {
    try InteropSuite.check("number of responses", responses.count, is: Self.responseSizes.count)
    for (index, (response, size)) in zip(responses, Self.responseSizes).enumerated() {
      try check(response.payload, of: "response \(index + 1)", has: size)
    }
  }
}

extension Grpc_Testing_StreamingOutputCallRequest {
  /// A request for one response.
  static func one(size: Int, payload: Int) -> Self {
    Self(
      responseParameters: [Grpc_Testing_ResponseParameters(size: Int32(size))],
      payload: Grpc_Testing_Payload(zeros: payload)
    )
  }
}
