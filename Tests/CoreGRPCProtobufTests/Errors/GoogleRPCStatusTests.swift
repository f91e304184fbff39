import Compute
import CoreGRPC
import ProtobufC
import ProtobufCWellKnownTypes
import Testing

@testable import CoreGRPCProtobuf

@Suite("A status with details", .timeLimit(.minutes(5)))
struct GoogleRPCStatusTests {
  private static let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Fail")

  /// The error that a call over TCP ends with if its handler throws `error`.
  private func failure(of error: any Error) async throws -> RPCError? {
    var router = RPCRouter()
    router.registerHandler(
      forMethod: Self.method,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (_: ServerRequest<[UInt8]>, _) -> ServerResponse<[UInt8]> in throw error }
    )
    let server = Server(router: router)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let channel = try Channel(target: address.description)
    let failure = await #expect(throws: RPCError.self) {
      try await channel.unary(
        request: ClientRequest(message: []),
        descriptor: Self.method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer()
      )
    }
    await server.shutdown()
    return failure
  }

  /// An error as a client has it, with these bytes for a status.
  private func received(_ bytes: [UInt8], code: RPCError.Code = .aborted) -> RPCError {
    RPCError(code: code, message: "", metadata: ["grpc-status-details-bin": .binary(bytes)])
  }

  @Test("A handler throws each detail, and the client finds it", arguments: ErrorDetails.samples)
  func roundTrip(detail: ErrorDetails) async throws {
    let status = GoogleRPCStatus(code: .failedPrecondition, message: "世界", details: detail)
    let error = try #require(try await failure(of: status))
    #expect(error.code == .failedPrecondition)
    #expect(error.message == "世界")
    #expect(try error.unpackGoogleRPCStatus() == status)
  }

  @Test("A handler throws all details together, and the client finds them in order")
  func allDetails() async throws {
    let status = GoogleRPCStatus(code: .unknown, message: "", details: ErrorDetails.samples)
    let received = try #require(try await failure(of: status)?.unpackGoogleRPCStatus())
    #expect(received == status)
    #expect(received.details.compactMap(\.retryInfo).first?.delay == .milliseconds(1500))
    #expect(received.details.compactMap(\.badRequest).flatMap(\.violations).map(\.field) == ["a.b[1]", "c"])
  }

  @Test("A message of the program's own arrives, as does one of a type that the client does not have")
  func otherMessages() async throws {
    let message = Compute_HelloRequest(helloworld: "grüße")
    let stranger = Google_Protobuf_Any(typeURL: "type.example/x.Y", value: [0, 255])
    let status = GoogleRPCStatus(code: .aborted, message: "", details: .any(packing: message), .any(stranger))
    let received = try #require(try await failure(of: status)?.unpackGoogleRPCStatus())
    #expect(received == status)
    #expect(try received.details[0].unpack(as: Compute_HelloRequest.self) == message)
    #expect(received.details[0].any == Google_Protobuf_Any(packing: message))
    #expect(try received.details[1].unpack(as: Compute_HelloRequest.self) == nil)
    #expect(received.details[1].any == stranger)
  }

  @Test("The bytes are those of google.rpc.Status")
  func wireFormat() throws {
    let any = Google_Protobuf_Any(typeURL: "a/b", value: [1])
    let status = GoogleRPCStatus(code: .notFound, message: "no", details: .any(any))
    let bytes: [UInt8] = [0x08, 5, 0x12, 2, 0x6E, 0x6F, 0x1A, 8, 0x0A, 3, 0x61, 0x2F, 0x62, 0x12, 1, 1]
    #expect(status.rpcErrorMetadata["grpc-status-details-bin"] == [.binary(bytes)])
    #expect(status.serializedBytes() == bytes)
    #expect(try GoogleRPCStatus(serializedBytes: bytes) == status)
  }

  @Test("Bytes that are not a status are refused, and an error without a status has none")
  func absent() throws {
    #expect(try RPCError(code: .aborted, message: "").unpackGoogleRPCStatus() == nil)
    #expect(throws: BinaryDecodingError.self) { try received([0xFF]).unpackGoogleRPCStatus() }
  }

  @Test("A status with a code that cannot be is read with the code of the call", arguments: [0, 17, -1, Int32.min])
  func strangeCodes(code: Int32) throws {
    let bytes = statusBytes(code: code)
    #expect(try received(bytes, code: .notFound).unpackGoogleRPCStatus()?.code == .notFound)
    #expect(try GoogleRPCStatus(serializedBytes: bytes).code == .unknown)
  }

  /// A `google.rpc.Status` with a code alone: field 1, a varint of 64 bits.
  private func statusBytes(code: Int32) -> [UInt8] {
    var rest = UInt64(bitPattern: Int64(code))
    var bytes: [UInt8] = [0x08]
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  @Test("A detail that cannot be decoded stays packed, and the others are read")
  func brokenDetail() throws {
    let broken = Google_Protobuf_Any(typeURL: "type.googleapis.com/google.rpc.ErrorInfo", value: [0x0A, 0x05, 0x41])
    // A text that is not UTF-8.
    let noText = Google_Protobuf_Any(
      typeURL: "type.googleapis.com/google.rpc.Help",
      value: [0x0A, 0x03, 0x12, 0x01, 0xFF]
    )
    let status = GoogleRPCStatus(
      code: .internalError,
      message: "m",
      details: .any(broken),
      .requestInfo(requestID: "r", servingData: "s"),
      .any(noText)
    )
    let received = try #require(try received(status.serializedBytes()).unpackGoogleRPCStatus())
    #expect(received == status)
    #expect(received.details[0].errorInfo == nil)
    #expect(received.details[0].any == broken)
    #expect(received.details[1].requestInfo?.requestID == "r")
    #expect(received.details[2].any == noText)
    #expect(received.serializedBytes() == status.serializedBytes())
  }

  @Test("The type's name is read after any prefix", arguments: ["type.googleapis.com", "type.example/a/b", ""])
  func prefixes(prefix: String) throws {
    let value = try #require(ErrorDetails.any(packing: Compute_HelloRequest(helloworld: "why")).any).value
    let any = Google_Protobuf_Any(typeURL: "\(prefix)/google.rpc.ErrorInfo", value: value)
    let status = GoogleRPCStatus(code: .aborted, message: "", details: .any(any))
    let received = try GoogleRPCStatus(serializedBytes: status.serializedBytes())
    #expect(received.details.first?.errorInfo?.reason == "why")
  }

  @Test("Names without a prefix, or none at all, stay packed", arguments: ["google.rpc.ErrorInfo", "", "/", "a/"])
  func strangeNames(typeURL: String) throws {
    let status = GoogleRPCStatus(code: .aborted, message: "", details: .any(Google_Protobuf_Any(typeURL: typeURL)))
    #expect(try GoogleRPCStatus(serializedBytes: status.serializedBytes()) == status)
  }

  @Test("Fields of newer versions of the details are kept")
  func unknownFields() throws {
    // Field 15, a varint.
    let newer: [UInt8] = [0x78, 0x07]
    for detail in ErrorDetails.samples {
      let packed = detail.packed
      let any = Google_Protobuf_Any(typeURL: packed.typeURL, value: packed.value + newer)
      let sent = GoogleRPCStatus(code: .aborted, message: "", details: .any(any))
      let status = try GoogleRPCStatus(serializedBytes: sent.serializedBytes())
      let received = try #require(status.details.first)
      #expect(received.any == nil)
      #expect(received != detail)
      #expect(received.packed.value.suffix(2) == newer[...])
    }
  }

  @Test("Damaged bytes are refused or read, and what is read can be sent on")
  func damagedBytes() {
    let bytes = GoogleRPCStatus(code: .unknown, message: "m", details: ErrorDetails.samples).serializedBytes()
    var readCount = 0
    var failures: [[UInt8]] = []
    func read(_ damaged: [UInt8]) {
      guard let status = try? GoogleRPCStatus(serializedBytes: damaged) else { return }
      readCount += 1
      let again = try? GoogleRPCStatus(serializedBytes: status.serializedBytes())
      if again != status || status.details.map(\.description).contains("") { failures.append(damaged) }
    }
    for count in bytes.indices { read(Array(bytes[..<count])) }
    for index in bytes.indices {
      for byte in [0xFF, bytes[index] ^ 0x10] as [UInt8] where byte != bytes[index] {
        var damaged = bytes
        damaged[index] = byte
        read(damaged)
      }
    }
    #expect(readCount > bytes.count)
    #expect(failures.isEmpty)
  }

  @Test("Details that are too large end the call with INTERNAL")
  func tooLarge() async throws {
    let detail = ErrorDetails.debugInfo(stack: Array(repeating: "a line of a stack trace", count: 1000), detail: "")
    let error = try await failure(of: GoogleRPCStatus(code: .notFound, message: "m", details: detail))
    #expect(error?.code == .internalError)
    #expect(try error?.unpackGoogleRPCStatus() == nil)
  }

  @Test("The description has the types of the details, and nothing of their contents")
  func description() {
    let detail = ErrorDetails.errorInfo(reason: "SECRET", domain: "secret")
    let packed = ErrorDetails.any(Google_Protobuf_Any(typeURL: "type.example/x.Y", value: [1, 2]))
    let status = GoogleRPCStatus(code: .notFound, message: "no tea", details: detail, packed)
    #expect("\(status)" == #"NOT_FOUND: no tea (ErrorInfo, "type.example/x.Y")"#)
    #expect("\(GoogleRPCStatus(code: .notFound, message: "no tea"))" == "NOT_FOUND: no tea")
    #expect(!"\(RPCError(status))".lowercased().contains("secret"))
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
