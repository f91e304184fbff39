import Compute
import CoreGRPC
import Testing

@Suite("The Compute service in one process", .timeLimit(.minutes(5)))
struct ComputeServiceTests {
  @Test(
    "The answer is the number of Unicode code points",
    arguments: [
      ("123456", "6"), ("👨‍👩‍👧", "5"), ("e\u{301}", "2"), ("a\0b", "3"), ("", "0"), ("\u{FEFF}", "1"),
      (String(repeating: "x", count: 3 << 20), "3145728"),
    ]
  )
  func answers(text: String, answer: String) async throws {
    try await withCompute { channel in
      let client = Compute_Compute.Client(channel: channel)
      let reply = try await client.sayHello(Compute_HelloRequest(helloworld: text))
      #expect(reply.result == answer)
    }
  }

  @Test(
    "Bytes that are no request get INTERNAL with a reason, and the connection lives on",
    arguments: [
      ([0xFF, 0xFF, 0xFF] as [UInt8], "not a message compute.HelloRequest"),
      ([0x0A, 0x02, 0xC3, 0x28], "compute.HelloRequest.helloworld"), ([0x0A, 0x05, 0x61], "not a message"),
      ([0x0A, 0x03, 0xED, 0xA0, 0x80], "UTF-8"),
    ]
  )
  func badBytes(bytes: [UInt8], reason: String) async throws {
    try await withCompute { channel in
      do throws(RPCError) {
        _ = try await channel.unary(
          request: ClientRequest(message: bytes),
          descriptor: Compute_Compute.Method.SayHello.descriptor,
          serializer: IdentitySerializer(),
          deserializer: IdentityDeserializer()
        )
        Issue.record("the bytes were taken for a request")
      } catch {
        #expect(error.code == .internalError)
        #expect(error.message.contains(reason), "\(error)")
      }
      let client = Compute_Compute.Client(channel: channel)
      let reply = try await client.sayHello(Compute_HelloRequest(helloworld: "ok"))
      #expect(reply.result == "2")
    }
  }

  private func withCompute(_ body: (Channel) async throws -> Void) async throws {
    let server = Server(services: [ComputeService()])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await body(Channel(target: address.description))
    await server.shutdown()
  }
}
