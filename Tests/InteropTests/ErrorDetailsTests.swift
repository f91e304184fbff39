import CoreGRPC
import CoreGRPCProtobuf
import Foundation
import ProtobufCWellKnownTypes
import TestSupport
import Testing

/// Debian's Python has no package for statuses with details.
@Suite("Google's error details, Swift and Python", .serialized, .timeLimit(.minutes(5)))
struct ErrorDetailsTests {
  private static let method = MethodDescriptor(fullyQualifiedService: "test.Details", method: "Fail")

  /// The status that `Python/error_details.py` sends and expects.
  private static let status = GoogleRPCStatus(
    code: .failedPrecondition,
    message: "grüße 世界",
    details: .errorInfo(reason: "OUT_OF_STOCK", domain: "shop.example", metadata: ["article": "teapot"]),
    .retryInfo(delay: .seconds(3) + .nanoseconds(500_000_001)),
    .debugInfo(stack: ["main", "order"], detail: "line 7"),
    .quotaFailure(violations: [
      .init(
        subject: "project:shop",
        description: "too many orders",
        apiService: "shop.example",
        quotaMetric: "shop.example/orders",
        quotaID: "orders-per-day",
        quotaDimensions: ["region": "west"],
        quotaValue: 1 << 40,
        futureQuotaValue: 0
      ),
      .init(subject: "clientip:192.0.2.1", description: "too many calls"),
    ]),
    .preconditionFailure(violations: [
      .init(type: "TERMS", subject: "shop.example/terms", description: "not accepted")
    ]),
    .badRequest(violations: [
      .init(
        field: "order.items[2].count",
        description: "negative",
        reason: "NEGATIVE",
        localizedMessage: .init(locale: "de-CH", message: "grüezi 世界")
      ),
      .init(field: "order.name", description: "empty"),
    ]),
    .requestInfo(requestID: "r-1", servingData: "s-2"),
    .resourceInfo(type: "table", name: "orders", errorDescription: "locked", owner: "project:shop"),
    .help(links: [.init(url: "https://shop.example/help", description: "the manual")]),
    .localizedMessage(locale: "de-CH", message: "grüezi 世界"),
    .any(Google_Protobuf_Any(typeURL: "type.example/x.Y", value: [0x00, 0xFF]))
  )

  @Test("Python's client reads the status of a Swift server")
  func pythonReads() async throws {
    var router = RPCRouter()
    router.registerHandler(
      forMethod: Self.method,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (_: ServerRequest<[UInt8]>, _) -> ServerResponse<[UInt8]> in throw Self.status }
    )
    let server = Server(router: router)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let outcome = try await Python.newest.start("error_details.py", ["call", address.description]).outcome()
    #expect(outcome.output == "the status is the same\n", "\(outcome.errors)")
    await server.shutdown(gracePeriod: .seconds(5))
  }

  @Test("A Swift client reads the status of Python's server, and has the same bytes for it")
  func swiftReads() async throws {
    let python = try Python.newest.start("error_details.py", ["serve"])
    let address = try #require(await python.line(after: "running... "))
    let channel = try Channel(target: address)
    let error = await #expect(throws: RPCError.self) {
      try await channel.unary(
        request: ClientRequest(message: []),
        descriptor: Self.method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer()
      )
    }
    #expect(error?.code == .failedPrecondition)
    #expect(error?.message == "grüße 世界")
    #expect(try error?.unpackGoogleRPCStatus() == Self.status)
    #expect(error?.metadata[binaryValues: "grpc-status-details-bin"] == [Self.status.serializedBytes()])
    python.signal(SIGINT)
    let outcome = await python.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }
}
