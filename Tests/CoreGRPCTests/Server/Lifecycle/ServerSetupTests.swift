import CoreGRPC
import TestSupport
import Testing

@Suite("Setting up a server", .timeLimit(.minutes(5)))
struct ServerSetupTests {
  private static let methods = ["One", "Two", "Three"].map {
    MethodDescriptor(fullyQualifiedService: "test.Test", method: $0)
  }

  private static func register(_ method: MethodDescriptor, with router: inout RPCRouter, answering answer: [UInt8]) {
    router.registerHandler(forMethod: method) { (_: ServerRequest<[UInt8]>, _) in ServerResponse(message: answer) }
  }

  private struct PoliteService: RegistrableRPCService {
    var methods = Array(ServerSetupTests.methods.prefix(1))

    func registerMethods(with router: inout RPCRouter) {
      for method in methods { ServerSetupTests.register(method, with: &router, answering: [1]) }
    }
  }

  private struct RudeService: RegistrableRPCService {
    var methods = Array(ServerSetupTests.methods.prefix(1))

    func registerMethods(with router: inout RPCRouter) {
      for method in methods { ServerSetupTests.register(method, with: &router, answering: [2]) }
    }
  }

  @Test("A server that listens on no address does not start, and says what to do")
  func noAddress() async throws {
    let server = Server(services: [PoliteService()])
    let error = #expect(throws: RuntimeError.self) { try server.start() }
    #expect(error?.code == .noAddress)
    #expect(error?.message.hasPrefix("the server listens on no address: call listen(on:) before start()") == true)
    // It may listen and start afterwards.
    try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await withShutdown(of: server) {
    }
  }

  @Test("A method of two services keeps a server from starting, and the error names all three")
  func duplicateMethod() async throws {
    let cases = [
      (1, "the server cannot start: test.Test/One is registered twice, by PoliteService and by RudeService"),
      (
        2,
        """
        the server cannot start: test.Test/One is registered twice, by PoliteService and by RudeService; so is another method
        """
      ),
      (
        3,
        """
        the server cannot start: test.Test/One is registered twice, by PoliteService and by RudeService; so are 2 other methods
        """
      ),
    ]
    for (count, message) in cases {
      let methods = Array(Self.methods.prefix(count))
      let server = Server(services: [PoliteService(methods: methods), RudeService(methods: methods)])
      try server.listen(on: ListenAddress("127.0.0.1:0"))
      #expect(throws: RuntimeError(code: .duplicateMethod, message: message)) { try server.start() }
      await server.shutdown()
      let alone = Server(services: [PoliteService(methods: methods), RudeService(methods: methods)])
      #expect(throws: RuntimeError(code: .duplicateMethod, message: message)) { try alone.makeInProcessChannel() }
    }
  }

  @Test("A method that is registered twice without a service keeps a server from starting, too")
  func duplicateInRouter() async throws {
    var router = RPCRouter()
    for answer in [[1], [2]] as [[UInt8]] { Self.register(Self.methods[0], with: &router, answering: answer) }
    #expect(router.methods == [Self.methods[0]])
    let server = Server(router: router)
    let message = "the server cannot start: test.Test/One is registered twice"
    #expect(throws: RuntimeError(code: .duplicateMethod, message: message)) { try server.makeInProcessChannel() }
  }

  @Test("A handler that is removed makes place for another one")
  func removal() async throws {
    var router = RPCRouter()
    #expect(router.count == 0 && !router.hasHandler(forMethod: Self.methods[0]))
    for answer in [[1], [2]] as [[UInt8]] { Self.register(Self.methods[0], with: &router, answering: answer) }
    Self.register(Self.methods[1], with: &router, answering: [3])
    #expect(router.count == 2 && router.hasHandler(forMethod: Self.methods[0]))
    let isRemoved = router.removeHandler(forMethod: Self.methods[0])
    let isRemovedAgain = router.removeHandler(forMethod: Self.methods[0])
    #expect(isRemoved && !isRemovedAgain)
    #expect(router.methods == [Self.methods[1]])
    Self.register(Self.methods[0], with: &router, answering: [4])
    // The method that was registered twice before is not a duplicate any more.
    let server = Server(router: router)
    let channel = try server.makeInProcessChannel()
    try await withShutdown(of: server) {
      let response = try await channel.unary(
        request: ClientRequest(message: [] as [UInt8]),
        descriptor: Self.methods[0],
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer()
      )
      #expect(response.message == [4])
    }
  }
}
