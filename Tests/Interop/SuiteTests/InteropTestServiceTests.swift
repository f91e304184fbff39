import CoreGRPC
import GRPCTesting
import InteropSuite
import TestSupport
import Testing

@Suite("gRPC's test service", .timeLimit(.minutes(5)))
struct InteropTestServiceTests {
  private func withService<Result>(
    _ body: (Grpc_Testing_TestService.Client) async throws -> Result
  ) async throws -> Result {
    let server = Server(services: [InteropTestService()], configuration: InteropTestService.serverConfiguration)
    let channel = try server.makeInProcessChannel(configuration: InteropClient.channelConfiguration)
    let result = try await body(Grpc_Testing_TestService.Client(channel: channel))
    await server.shutdown(gracePeriod: .zero)
    return result
  }

  @Test("It echoes every status, with the metadata that it echoes", arguments: Array(1...16) + [17, -1])
  func status(code: Int32) async throws {
    try await withService { service in
      let error = await #expect(throws: RPCError.self) {
        try await service.unaryCall(
          Grpc_Testing_SimpleRequest(responseStatus: Grpc_Testing_EchoStatus(code: code, message: "m")),
          metadata: ["x-grpc-test-echo-trailing-bin": [1, 2]]
        )
      }
      #expect(error?.code.rawValue == ((1...16).contains(code) ? Int(code) : 2))
      #expect(error?.message == "m")
      #expect(error?.metadata[binaryValues: "x-grpc-test-echo-trailing-bin"] == [[1, 2]])
    }
  }

  @Test("A status of OK is not a failure, and payloads can be empty")
  func statusOK() async throws {
    try await withService { service in
      let response = try await service.unaryCall(Grpc_Testing_SimpleRequest(responseStatus: Grpc_Testing_EchoStatus()))
      #expect(response.payload?.body == [])
    }
  }

  @Test("A response that it cannot send is INVALID_ARGUMENT")
  func invalid() async throws {
    try await withService { service in
      for request in [
        Grpc_Testing_SimpleRequest(responseSize: -1), Grpc_Testing_SimpleRequest(responseType: .unrecognized(7)),
      ] {
        let error = await #expect(throws: RPCError.self) { try await service.unaryCall(request) }
        #expect(error?.code == .invalidArgument)
      }
    }
  }

  @Test("A message that came compressed where none should is INVALID_ARGUMENT")
  func unexpectedCompression() async throws {
    try await withService { service in
      let request = Grpc_Testing_SimpleRequest(
        payload: Grpc_Testing_Payload(body: [UInt8](repeating: 0, count: 1_000)),
        expectCompressed: Grpc_Testing_BoolValue(value: false)
      )
      let error = await #expect(throws: RPCError.self) {
        try await service.unaryCall(request, options: CallOptions(compression: .gzip))
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test("Half duplex: it answers when all requests have come")
  func halfDuplex() async throws {
    try await withService { service in
      let sizes = try await service.halfDuplexCall(
        producer: { writer in
          for size: Int32 in [1, 0, 3] {
            let parameters = Grpc_Testing_ResponseParameters(size: size, intervalUs: 1)
            try await writer.write(
              Grpc_Testing_StreamingOutputCallRequest(responseParameters: [parameters, parameters])
            )
          }
        }
      ) { messages in
        try await messages.reduce(into: []) { $0.append($1.payload?.body.count) }
      }
      #expect(sizes == [1, 1, 0, 0, 3, 3])
    }
  }

  @Test("It tells a client, if asked, its name over mutual TLS and which server has answered")
  func username() async throws {
    let certificates = try await TestCertificates()
    let server = Server(services: [InteropTestService(serverID: "first")])
    let address = try server.listen(
      on: .tcp(host: "127.0.0.1", port: 0),
      credentials: .tls(
        identity: certificates.server,
        clientCertificates: .required(trustRoots: certificates.authority)
      )
    )
    try server.start()
    let channel = try Channel(
      target: address.description,
      credentials: .tls(trustRoots: certificates.trustRoots, identity: certificates.client)
    )
    let service = Grpc_Testing_TestService.Client(channel: channel)
    #expect(try await service.unaryCall(Grpc_Testing_SimpleRequest(fillUsername: true)).username == "test-client")
    #expect(try await service.unaryCall(Grpc_Testing_SimpleRequest(fillServerID: true)).serverID == "first")
    let plain = try await service.unaryCall(Grpc_Testing_SimpleRequest())
    #expect(plain.username == "" && plain.serverID == "")
    await server.shutdown(gracePeriod: .zero)
  }
}
