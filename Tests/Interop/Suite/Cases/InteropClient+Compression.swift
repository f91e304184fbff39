import CoreGRPC
import GRPCTesting

extension InteropClient {
  func clientCompressedUnary(_ service: Grpc_Testing_TestService.Client) async throws {
    var request = Grpc_Testing_SimpleRequest.large
    request.expectCompressed = Grpc_Testing_BoolValue(value: true)
    try await check("the uncompressed probe", endsWith: .invalidArgument) {
      try await service.unaryCall(request, options: options(compression: .identity))
    }
    for isCompressed in [true, false] {
      request.expectCompressed = Grpc_Testing_BoolValue(value: isCompressed)
      let options = options(compression: isCompressed ? .gzip : .identity)
      let response = try await service.unaryCall(request, options: options)
      try check(response.payload, of: "the response", has: 314_159)
    }
  }

  func serverCompressedUnary(_ service: Grpc_Testing_TestService.Client) async throws {
    for isCompressed in [true, false] {
      var request = Grpc_Testing_SimpleRequest.large
      request.responseCompressed = Grpc_Testing_BoolValue(value: isCompressed)
      let response = try await service.unaryCall(request: ClientRequest(message: request), options: options())
      try InteropSuite.check("the response is compressed", response.wasCompressed, is: isCompressed)
      try check(response.message.payload, of: "the response", has: 314_159)
    }
  }

  func clientCompressedStreaming(_ service: Grpc_Testing_TestService.Client) async throws {
    let compressed = Grpc_Testing_StreamingInputCallRequest(
      payload: Grpc_Testing_Payload(zeros: 27_182),
      expectCompressed: Grpc_Testing_BoolValue(value: true)
    )
    let uncompressed = Grpc_Testing_StreamingInputCallRequest(
      payload: Grpc_Testing_Payload(zeros: 45_904),
      expectCompressed: Grpc_Testing_BoolValue(value: false)
    )
    let options = options(compression: .gzip)
    try await check("the uncompressed probe", endsWith: .invalidArgument) {
      try await service.streamingInputCall(
        producer: { writer in
          try await writer.write(compressed, options: WriteOptions(allowsCompression: false))
        },
        options: options
      )
    }
    let response = try await service.streamingInputCall(
      producer: { writer in
        try await writer.write(compressed)
        try await writer.write(uncompressed, options: WriteOptions(allowsCompression: false))
      },
      options: options
    )
    try InteropSuite.check("aggregated payload size", response.aggregatedPayloadSize, is: 73_086)
  }

  func serverCompressedStreaming(_ service: Grpc_Testing_TestService.Client) async throws {
    let expected = [(31_415, true), (92_653, false)]
    let request = Grpc_Testing_StreamingOutputCallRequest(
      responseParameters: expected.map { size, isCompressed in
        Grpc_Testing_ResponseParameters(size: Int32(size), compressed: Grpc_Testing_BoolValue(value: isCompressed))
      }
    )
    let responses = try await service.streamingOutputCall(request, options: options()) { messages in
      try await messages.receivedMessages.reduce(into: []) { $0.append($1) }
    }
    try InteropSuite.check("number of responses", responses.count, is: expected.count)
    for (index, (response, (size, isCompressed))) in zip(responses, expected).enumerated() {
      try check(response.message.payload, of: "response \(index + 1)", has: size)
      try InteropSuite.check("response \(index + 1) is compressed", response.wasCompressed, is: isCompressed)
    }
  }
}
