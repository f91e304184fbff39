import CoreGRPC
import GRPCTesting

/// A test service that does everything wrong.
struct WrongTestService: Grpc_Testing_TestService.SimpleServiceProtocol {
  func emptyCall(request: Grpc_Testing_Empty, context: ServerContext) async throws -> Grpc_Testing_Empty {
    throw RPCError(code: .dataLoss, message: "wrong")
  }

  func unaryCall(
    request: Grpc_Testing_SimpleRequest,
    context: ServerContext
  ) async throws -> Grpc_Testing_SimpleResponse {
    Grpc_Testing_SimpleResponse()
  }

  func cacheableUnaryCall(
    request: Grpc_Testing_SimpleRequest,
    context: ServerContext
  ) async throws -> Grpc_Testing_SimpleResponse {
    throw RPCError(code: .dataLoss, message: "wrong")
  }

  func streamingOutputCall(
    request: Grpc_Testing_StreamingOutputCallRequest,
    response: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>,
    context: ServerContext
  ) async throws {}

  func streamingInputCall(
    request: RPCAsyncSequence<Grpc_Testing_StreamingInputCallRequest>,
    context: ServerContext
  ) async throws -> Grpc_Testing_StreamingInputCallResponse {
    for try await _ in request {}
    return Grpc_Testing_StreamingInputCallResponse(aggregatedPayloadSize: 1)
  }

  func fullDuplexCall(
    request: RPCAsyncSequence<Grpc_Testing_StreamingOutputCallRequest>,
    response: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>,
    context: ServerContext
  ) async throws {
    try await response.write(Grpc_Testing_StreamingOutputCallResponse())
  }

  func halfDuplexCall(
    request: RPCAsyncSequence<Grpc_Testing_StreamingOutputCallRequest>,
    response: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>,
    context: ServerContext
  ) async throws {}

  func unimplementedCall(request: Grpc_Testing_Empty, context: ServerContext) async throws -> Grpc_Testing_Empty {
    Grpc_Testing_Empty()
  }
}

/// A service that should not be there.
struct WrongUnimplementedService: Grpc_Testing_UnimplementedService.SimpleServiceProtocol {
  func unimplementedCall(request: Grpc_Testing_Empty, context: ServerContext) async throws -> Grpc_Testing_Empty {
    Grpc_Testing_Empty()
  }
}
