import CoreGRPC
import GRPCTesting

extension InteropClient {
  func customMetadata(_ service: Grpc_Testing_TestService.Client) async throws {
    let text = "test_initial_metadata_value"
    let bytes: [UInt8] = [0xAB, 0xAB, 0xAB]
    let metadata: Metadata = [
      MetadataEcho.initialKey: .string(text), MetadataEcho.trailingKey: .binary(bytes),
    ]
    func check(_ subject: String, initial: Metadata, trailing: Metadata) throws(InteropFailure) {
      let (initialKey, trailingKey) = (MetadataEcho.initialKey, MetadataEcho.trailingKey)
      try InteropSuite.check(
        "initial metadata \(initialKey) of \(subject)",
        initial[stringValues: initialKey],
        is: [text]
      )
      try InteropSuite.check(
        "trailing metadata \(trailingKey) of \(subject)",
        trailing[binaryValues: trailingKey],
        is: [bytes]
      )
    }
    let unary = try await service.unaryCall(
      request: ClientRequest(message: .large, metadata: metadata),
      options: options()
    )
    try check("UnaryCall", initial: unary.metadata, trailing: unary.trailingMetadata)

    let request = StreamingClientRequest<Grpc_Testing_StreamingOutputCallRequest>(metadata: metadata) { writer in
      try await writer.write(.one(size: 314_159, payload: 271_828))
    }
    let (initial, trailing) = try await service.fullDuplexCall(request: request, options: options()) { response in
      for try await _ in response.messages {}
      return (response.metadata, try await response.trailingMetadata())
    }
    try check("FullDuplexCall", initial: initial, trailing: trailing)
  }

  func statusCodeAndMessage(_ service: Grpc_Testing_TestService.Client) async throws {
    let status = Grpc_Testing_EchoStatus(code: 2, message: "test status message")
    try await check("UnaryCall", endsWith: .unknown, message: status.message) {
      try await service.unaryCall(Grpc_Testing_SimpleRequest(responseStatus: status), options: options())
    }
    try await check("FullDuplexCall", endsWith: .unknown, message: status.message) {
      try await service.fullDuplexCall(
        producer: { writer in
          try await writer.write(Grpc_Testing_StreamingOutputCallRequest(responseStatus: status))
        },
        options: options()
      ) { messages in
        for try await _ in messages {}
      }
    }
  }

  func specialStatusMessage(_ service: Grpc_Testing_TestService.Client) async throws {
    let message = "\t\ntest with whitespace\r\nand Unicode BMP \u{263A} and non-BMP \u{1F608}\t\n"
    let status = Grpc_Testing_EchoStatus(code: 2, message: message)
    try await check("UnaryCall", endsWith: .unknown, message: message) {
      try await service.unaryCall(Grpc_Testing_SimpleRequest(responseStatus: status), options: options())
    }
  }

  func unimplementedMethod(_ service: Grpc_Testing_TestService.Client) async throws {
    try await check("TestService/UnimplementedCall", endsWith: .unimplemented) {
      try await service.unimplementedCall(Grpc_Testing_Empty(), options: options())
    }
  }

  func unimplementedService(_ channel: Channel) async throws {
    let service = Grpc_Testing_UnimplementedService.Client(channel: channel)
    try await check("UnimplementedService/UnimplementedCall", endsWith: .unimplemented) {
      try await service.unimplementedCall(Grpc_Testing_Empty(), options: options())
    }
  }
}
