package import CoreGRPC
import Foundation
package import GRPCTesting

/// gRPC's standard test service, which interop clients of every implementation call.
///
/// What it does is described in <https://github.com/grpc/grpc/blob/master/doc/interop-test-descriptions.md>.
package struct InteropTestService: Grpc_Testing_TestService.ServiceProtocol {
  /// The identifier of this server among several, for responses that ask for it.
  private let serverID: String

  /// - Parameter serverID: The identifier; by default one of this process.
  package init(serverID: String? = nil) {
    self.serverID = serverID ?? "process-\(ProcessInfo.processInfo.processIdentifier)"
  }

  /// The settings of a server that offers this service: clients may compress.
  package static var serverConfiguration: Server.Configuration {
    var configuration = Server.Configuration()
    configuration.compression.enabledAlgorithms = .all
    return configuration
  }

  package func emptyCall(
    request: ServerRequest<Grpc_Testing_Empty>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Testing_Empty> {
    let echo = MetadataEcho(request.metadata)
    return ServerResponse(
      message: Grpc_Testing_Empty(),
      metadata: echo.initial,
      trailingMetadata: echo.trailing
    )
  }

  package func unaryCall(
    request: ServerRequest<Grpc_Testing_SimpleRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Testing_SimpleResponse> {
    let message = request.message
    let echo = MetadataEcho(request.metadata)
    try check(message.expectCompressed, wasCompressed: request.wasCompressed)
    try fail(with: message.responseStatus, trailingMetadata: echo.trailing)
    var response = Grpc_Testing_SimpleResponse()
    response.payload = try payload(message.responseType, size: message.responseSize)
    if message.fillUsername { response.username = context.peerCertificate?.commonName ?? "" }
    if message.fillServerID { response.serverID = serverID }
    return ServerResponse(
      message: response,
      metadata: echo.initial,
      trailingMetadata: echo.trailing,
      compression: message.responseCompressed?.value == true ? .gzip : .identity
    )
  }

  /// Answers the time, so that two answers are equal only if a cache on the way gave one of them.
  package func cacheableUnaryCall(
    request: ServerRequest<Grpc_Testing_SimpleRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Testing_SimpleResponse> {
    let time = Array(String(UnixTime.nanoseconds).utf8)
    return ServerResponse(
      message: Grpc_Testing_SimpleResponse(payload: Grpc_Testing_Payload(body: time)),
      metadata: ["cache-control": "max-age=60, public"]
    )
  }

  package func streamingOutputCall(
    request: ServerRequest<Grpc_Testing_StreamingOutputCallRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Grpc_Testing_StreamingOutputCallResponse> {
    let echo = MetadataEcho(request.metadata)
    return StreamingServerResponse(metadata: echo.initial, compression: .gzip) { writer in
      try await answer(request.message, to: writer, trailingMetadata: echo.trailing)
      return echo.trailing
    }
  }

  package func streamingInputCall(
    request: StreamingServerRequest<Grpc_Testing_StreamingInputCallRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Testing_StreamingInputCallResponse> {
    let echo = MetadataEcho(request.metadata)
    var size = 0
    for try await received in request.messages.receivedMessages {
      try check(received.message.expectCompressed, wasCompressed: received.wasCompressed)
      size += received.message.payload?.body.count ?? 0
    }
    return ServerResponse(
      message: Grpc_Testing_StreamingInputCallResponse(aggregatedPayloadSize: Int32(clamping: size)),
      metadata: echo.initial,
      trailingMetadata: echo.trailing
    )
  }

  package func fullDuplexCall(
    request: StreamingServerRequest<Grpc_Testing_StreamingOutputCallRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Grpc_Testing_StreamingOutputCallResponse> {
    let echo = MetadataEcho(request.metadata)
    return StreamingServerResponse(metadata: echo.initial, compression: .gzip) { writer in
      for try await message in request.messages {
        try await answer(message, to: writer, trailingMetadata: echo.trailing)
      }
      return echo.trailing
    }
  }

  package func halfDuplexCall(
    request: StreamingServerRequest<Grpc_Testing_StreamingOutputCallRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Grpc_Testing_StreamingOutputCallResponse> {
    let echo = MetadataEcho(request.metadata)
    return StreamingServerResponse(metadata: echo.initial, compression: .gzip) { writer in
      let messages = try await request.messages.reduce(into: []) { $0.append($1) }
      for message in messages { try await answer(message, to: writer, trailingMetadata: echo.trailing) }
      return echo.trailing
    }
  }

  /// The method that nobody implements.
  package func unimplementedCall(
    request: ServerRequest<Grpc_Testing_Empty>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Testing_Empty> {
    throw RPCError(code: .unimplemented, message: "\(context.descriptor) is there to be missing")
  }

  /// Sends the responses that a request asks for, after the pauses that it asks for.
  private func answer(
    _ request: Grpc_Testing_StreamingOutputCallRequest,
    to writer: RPCWriter<Grpc_Testing_StreamingOutputCallResponse>,
    trailingMetadata: Metadata
  ) async throws {
    try fail(with: request.responseStatus, trailingMetadata: trailingMetadata)
    for parameters in request.responseParameters {
      if parameters.intervalUs > 0 { try await Task.sleep(for: .microseconds(parameters.intervalUs)) }
      let payload = try payload(request.responseType, size: parameters.size)
      try await writer.write(
        Grpc_Testing_StreamingOutputCallResponse(payload: payload),
        options: WriteOptions(allowsCompression: parameters.compressed?.value == true)
      )
    }
  }

  private func payload(_ type: Grpc_Testing_PayloadType, size: Int32) throws(RPCError) -> Grpc_Testing_Payload {
    guard type == .compressable else {
      throw RPCError(code: .invalidArgument, message: "there is no payload of type \(type.rawValue)")
    }
    guard size >= 0 else { throw RPCError(code: .invalidArgument, message: "a payload cannot have \(size) bytes") }
    return Grpc_Testing_Payload(type: type, body: [UInt8](repeating: 0, count: Int(size)))
  }

  private func check(_ expected: Grpc_Testing_BoolValue?, wasCompressed: Bool) throws(RPCError) {
    guard let expected, expected.value != wasCompressed else { return }
    let message =
      expected.value
      ? "a compressed message was expected, and came uncompressed"
      : "an uncompressed message was expected, and came compressed"
    throw RPCError(code: .invalidArgument, message: message)
  }

  private func fail(with status: Grpc_Testing_EchoStatus?, trailingMetadata: Metadata) throws(RPCError) {
    guard let status, let error = RPCError(status: Status(status), metadata: trailingMetadata) else { return }
    throw error
  }
}

extension Status {
  fileprivate init(_ echo: Grpc_Testing_EchoStatus) {
    self.init(code: Code(rawValue: Int(echo.code)) ?? .unknown, message: echo.message)
  }
}
