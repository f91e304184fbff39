import Compute
import CoreGRPC
import CoreGRPCStatusDetails
import ProtobufC
import Testing

@Suite("A status with details", .timeLimit(.minutes(5)))
struct GoogleRPCStatusTests {
  private static let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Fail")

  private func failure(of error: any Error) async throws -> RPCError? {
    var router = RPCRouter()
    router.registerHandler(
      forMethod: Self.method,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (_: ServerRequest<[UInt8]>, _) -> ServerResponse<[UInt8]> in throw error }
    )
    let server = Server(router: router)
    try server.start()
    let channel = try server.makeInProcessChannel()
    var failure: RPCError?
    do throws(RPCError) {
      _ = try await channel.unary(
        request: ClientRequest(message: []),
        descriptor: Self.method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer()
      )
    } catch {
      failure = error
    }
    await server.shutdown()
    return failure
  }

  @Test("A handler throws one, and the client finds it whole")
  func roundTrip() async throws {
    let message = Compute_HelloRequest(helloworld: "grüße")
    let status = GoogleRPCStatus(
      code: .failedPrecondition,
      message: "世界",
      details: [
        .init(packing: message), .init(typeURL: "type.example/x.Y", value: [0, 255]),
      ]
    )
    let error = try #require(try await failure(of: status))
    #expect(error.code == .failedPrecondition)
    #expect(error.message == "世界")
    let received = try #require(try error.unpackGoogleRPCStatus())
    #expect(received == status)
    #expect(try received.details[0].unpack(Compute_HelloRequest.self) == message)
    #expect(try received.details[1].unpack(Compute_HelloRequest.self) == nil)
    #expect(received.details[1].messageName == "x.Y")
  }

  @Test("The bytes are those of google.rpc.Status")
  func wireFormat() {
    let status = GoogleRPCStatus(code: .notFound, message: "no", details: [.init(typeURL: "a/b", value: [1])])
    let bytes: [UInt8] = [0x08, 5, 0x12, 2, 0x6E, 0x6F, 0x1A, 8, 0x0A, 3, 0x61, 0x2F, 0x62, 0x12, 1, 1]
    #expect(status.rpcErrorMetadata["grpc-status-details-bin"] == [.binary(bytes)])
  }

  @Test("What is no status is refused, and what is not there is nil")
  func absent() throws {
    #expect(try RPCError(code: .aborted, message: "").unpackGoogleRPCStatus() == nil)
    let broken = RPCError(code: .aborted, message: "", metadata: ["grpc-status-details-bin": [0xFF]])
    #expect(throws: DecodingError.self) { try broken.unpackGoogleRPCStatus() }
  }

  @Test("An error of the program's own says which status it is")
  func convertible() async throws {
    struct OutOfStock: RPCErrorConvertible {
      let rpcErrorCode = RPCError.Code.resourceExhausted
      let rpcErrorMessage = "none left"
    }
    let error = try await failure(of: OutOfStock())
    #expect(error?.code == .resourceExhausted)
    #expect(error?.message == "none left")
  }
}
