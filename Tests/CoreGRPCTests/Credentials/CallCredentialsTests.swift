import CoreGRPC
import TestSupport
import Testing

@Suite("Call credentials", .timeLimit(.minutes(5)))
struct CallCredentialsTests {
  /// Runs `body` with a TLS server that answers with the values of `authorization` and `x-extra`.
  private func withServer<Result>(
    _ credentials: CallCredentials...,
    configuration: Channel.Configuration = Channel.Configuration(),
    body: (TestServer) async throws -> Result
  ) async throws -> Result {
    let certificates = try await TestCertificates()
    let tls = ChannelCredentials.tls(trustRoots: certificates.trustRoots)
    return try await withTestServer(
      credentials: .tls(identity: certificates.server),
      channelCredentials: credentials.isEmpty ? tls : .composite(tls, .composite(credentials)),
      channelConfiguration: configuration,
      handler: Self.answerCredentials,
      body: body
    )
  }

  private static let answerCredentials: TestServer.Handler = { request, _ in
    let values = request.metadata[stringValues: "authorization"] + request.metadata[stringValues: "x-extra"]
    return ServerResponse(message: Array(values.joined(separator: ",").utf8))
  }

  private func values(
    _ test: TestServer,
    _ credentials: CallCredentials? = nil,
    metadata: Metadata = [:]
  ) async throws -> String {
    let options = CallOptions(credentials: credentials)
    return String(decoding: try await test.call(metadata: metadata, options: options).message, as: UTF8.self)
  }

  private func extra(_ value: String) -> CallCredentials { CallCredentials { _ in ["x-extra": .string(value)] } }

  @Test("A channel's credentials go with all of its calls, and a call's come in addition")
  func channelAndCall() async throws {
    try await withServer(.bearerToken("abc")) { (test) async throws in
      #expect(try await values(test) == "Bearer abc")
      #expect(try await values(test, extra("1")) == "Bearer abc,1")
      #expect(try await values(test, .metadata(["x-extra": "2"]), metadata: ["x-extra": "0"]) == "Bearer abc,0,2")
      #expect(try await values(test) == "Bearer abc")
    }
    try await withServer { (test) async throws in
      #expect(try await values(test) == "")
      #expect(try await values(test, .bearerToken { _ in "def" }) == "Bearer def")
    }
  }

  @Test("Several credentials are sent in their order, also more than C-core takes immediately")
  func composition() async throws {
    let many = (1...6).map { CallCredentials.metadata(["x-extra": .string("\($0)")]) }
    try await withServer(extra("a"), .bearerToken("t"), extra("b")) { (test) async throws in
      #expect(try await values(test) == "Bearer t,a,b")
      #expect(try await values(test, .composite(many)) == "Bearer t,a,b,1,2,3,4,5,6")
    }
    try await withServer(.composite(many)) { (test) async throws in #expect(try await values(test) == "1,2,3,4,5,6") }
  }

  @Test("Credentials learn the method and the service's URL")
  func context() async throws {
    let context = Promise<CallCredentials.Context>()
    let credentials = CallCredentials { asked in
      context.fulfil(asked)
      return [:]
    }
    try await withServer(credentials) { (test) async throws in
      _ = try await test.call(options: CallOptions(authority: "any.test.google.fr"))
      let asked = await context.value()
      #expect(asked.descriptor == TestServer.echo)
      #expect(asked.serviceURL == "https://any.test.google.fr/test.Test")
    }
  }

  @Test("Calls of every kind send them")
  func kinds() async throws {
    let certificates = try await TestCertificates()
    var router = RPCRouter()
    router.registerHandler(forMethod: StreamServer.bidirectional) {
      (request: StreamingServerRequest<[UInt8]>, context) in
      let token = request.metadata[stringValues: "authorization"].joined()
      return StreamingServerResponse { writer in
        for try await message in request.messages { try await writer.write(message + Array(token.utf8)) }
        return [:]
      }
    }
    let server = Server(router: router)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"), credentials: .tls(identity: certificates.server))
    try server.start()
    let channel = try Channel(
      target: address.description,
      credentials: .composite(.tls(trustRoots: certificates.trustRoots), .bearerToken { _ in "s" })
    )
    try await withShutdown(of: server) {
      let request = StreamingClientRequest<[UInt8]> { writer in
        for byte in 1...3 as ClosedRange<UInt8> { try await writer.write([byte]) }
      }
      let answers = try await channel.bidirectionalStreaming(request: request, descriptor: StreamServer.bidirectional) {
        response in
        try await response.messages.reduce(into: []) { $0.append($1) }
      }
      #expect(answers == (1...3).map { [UInt8($0)] + Array("Bearer s".utf8) })
    }
  }

  @Test("An error of the credentials is the call's")
  func errors() async throws {
    struct Lost: Error, Equatable {}
    struct Expired: RPCErrorConvertible {
      var rpcErrorCode: RPCError.Code { .permissionDenied }
      var rpcErrorMessage: String { "the refresh token has expired" }
    }
    try await withServer { (test) async throws in
      func error(_ thrown: any Error) async -> RPCError? {
        await rpcError { try await values(test, CallCredentials { _ in throw thrown }) }
      }
      let denied = await error(RPCError(code: .unauthenticated, message: "log in first", metadata: ["x-hint": "sso"]))
      #expect(denied?.code == .unauthenticated)
      #expect(denied?.message == "log in first")

      let expired = await error(Expired())
      #expect(expired?.code == .permissionDenied)
      #expect(expired?.message == "the refresh token has expired")
      #expect(expired?.cause is Expired)

      let lost = await error(Lost())
      #expect(lost?.code == .unavailable)
      #expect(lost?.message == "the call credentials are not available: Lost()")
      #expect(lost?.cause as? Lost == Lost())

      // The channel is as good as before.
      #expect(try await values(test) == "")
    }
  }

  @Test("Metadata that cannot be sent ends the call alone")
  func illegalMetadata() async throws {
    try await withServer { (test) async throws in
      for (metadata, code) in [
        (["X Y": "1"], .invalidArgument), (["x-text": "\n"], .invalidArgument), (["grpc-mine": "1"], .invalidArgument),
        (["x-large": .string(String(repeating: "a", count: 10_000))], .resourceExhausted),
      ] as [(Metadata, RPCError.Code)] {
        for credentials in [.metadata(metadata), CallCredentials { _ in metadata }] as [CallCredentials] {
          let error = await rpcError { try await values(test, credentials) }
          #expect(error?.code == code, "\(metadata): \(error?.message ?? "no error")")
        }
      }
      // The request's metadata takes its part of the room.
      let half = Metadata.Value.string(String(repeating: "a", count: 5_000))
      let credentials = CallCredentials.metadata(["x-half": half])
      #expect(try await values(test, credentials) == "")
      let error = await rpcError { try await values(test, credentials, metadata: ["x-other": half]) }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test("A call that is cancelled while its credentials wait ends, and cancels them")
  func cancellation() async throws {
    let (asked, cancelled) = (Gate(), Gate())
    let waiting = CallCredentials { _ in
      asked.open()
      await waitForCancellation()
      cancelled.open()
      return [:]
    }
    try await withServer { (test) async throws in
      let call = Task { await rpcError { try await values(test, waiting) } }
      await asked.pass()
      call.cancel()
      #expect(await call.value?.code == .cancelled)
      await cancelled.pass()
      #expect(try await values(test) == "")
    }
  }

  @Test("A deadline ends a call whose credentials never come, in time for those that ignore their cancellation, too")
  func deadline() async throws {
    let (release, done) = (Gate(), Gate())
    let stubborn = CallCredentials { _ in
      await release.pass()
      done.open()
      return ["x-extra": "late"]
    }
    try await withServer { (test) async throws in
      let options = CallOptions(timeout: .milliseconds(300), credentials: stubborn)
      let error = await rpcError { try await test.call(options: options) }
      #expect(error?.code == .deadlineExceeded)
      #expect(try await values(test) == "")
      // What comes now has no call any more.
      release.open()
      await done.pass()
      #expect(try await values(test) == "")
    }
  }

  @Test("A channel closes while credentials wait, and its call continues")
  func close() async throws {
    let (asked, release) = (Gate(), Gate())
    let slow = CallCredentials { _ in
      asked.open()
      await release.pass()
      return ["x-extra": "slow"]
    }
    try await withServer(slow) { (test) async throws in
      let call = Task { try await values(test) }
      await asked.pass()
      test.channel.close()
      release.open()
      #expect(try await call.value == "slow")
    }
  }

  @Test("A server that shuts down while credentials wait does not hold their call")
  func shutdown() async throws {
    let (asked, cancelled) = (Gate(), Gate())
    let waiting = CallCredentials { _ in
      asked.open()
      await waitForCancellation()
      cancelled.open()
      throw CancellationError()
    }
    let call = try await withServer { (test) async throws in
      let call = Task { await rpcError { try await values(test, waiting) } }
      await asked.pass()
      return call
    }
    call.cancel()
    #expect(await call.value?.code == .cancelled)
    await cancelled.pass()
  }

  @Test("A retry asks again")
  func retry() async throws {
    let count = Counter()
    let policy = RetryPolicy(
      maxAttempts: 3,
      initialBackoff: .milliseconds(1),
      maxBackoff: .milliseconds(1),
      backoffMultiplier: 1,
      retryableStatusCodes: [.unavailable]
    )
    var configuration = Channel.Configuration()
    configuration.serviceConfig = ServiceConfig(methodConfig: [MethodConfig(names: [.all], retryPolicy: policy)])
    let credentials = CallCredentials { _ in
      let attempt = count.add()
      if attempt < 3 { throw RPCError(code: .unavailable, message: "not yet") }
      return ["x-extra": .string("\(attempt)")]
    }
    try await withServer(credentials, configuration: configuration) { (test) async throws in
      #expect(try await values(test) == "3")
    }
  }

  @Test("Tokens are renewed under load without a failed call")
  func refresh() async throws {
    let issuer = TokenIssuer()
    let certificates = try await TestCertificates()
    let credentials = CallCredentials.bearerToken { _ in await issuer.token() }
    try await withTestServer(
      credentials: .tls(identity: certificates.server),
      channelCredentials: .composite(.tls(trustRoots: certificates.trustRoots), credentials),
      handler: { request, _ in
        guard await issuer.accepts(request.metadata[stringValues: "authorization"].joined()) else {
          throw RPCError(code: .unauthenticated, message: "an old token")
        }
        return ServerResponse(message: request.message)
      }
    ) { (test) async throws in
      try await withThrowingTaskGroup { group in
        for _ in 0..<8 { group.addTask { for _ in 0..<250 { _ = try await test.call() } } }
        try await group.waitForAll()
      }
    }
    #expect(await issuer.renewals >= 20)
  }

  @Test("Credentials are not sent in plaintext unless they allow it")
  func plaintext() async throws {
    try await withTestServer(handler: Self.answerCredentials) { (test) async throws in
      for credentials in [
        .bearerToken("t"), extra("e"), .composite(.bearerToken("t", allowsPlaintext: true), extra("e")),
      ]
        as [CallCredentials]
      {
        let error = await rpcError { try await values(test, credentials) }
        #expect(error?.code == .unauthenticated)
        #expect(error?.message.contains("without encryption") == true)
        let refusal = #expect(throws: RuntimeError.self) {
          try Channel(target: test.address.description, credentials: .composite(.insecure, credentials))
        }
        #expect(refusal?.code == .invalidCredentials)
      }
      #expect(try await values(test, .bearerToken("t", allowsPlaintext: true)) == "Bearer t")
      #expect(try await values(test, .bearerToken(allowsPlaintext: true) { _ in "u" }) == "Bearer u")
      let channel = try Channel(
        target: test.address.description,
        credentials: .composite(.insecure, .bearerToken("v", allowsPlaintext: true))
      )
      #expect(try await channel.echo().message == Array("Bearer v".utf8))
    }
  }

  @Test("Credentials cross a Unix domain socket with local credentials, and not the loopback")
  func local() async throws {
    try await withTestServer(
      on: TestServer.addressOfItsOwn(),
      credentials: .local(),
      channelCredentials: .composite(.local(), .bearerToken("l")),
      handler: Self.answerCredentials
    ) { (test) async throws in
      #expect(try await values(test, extra("e")) == "Bearer l,e")
    }
    try await withTestServer(
      credentials: .local(.loopback),
      channelCredentials: .local(.loopback),
      handler: Self.answerCredentials
    ) { (test) async throws in
      #expect(try await values(test) == "")
      let error = await rpcError { try await values(test, extra("e")) }
      #expect(error?.code == .unauthenticated)
      #expect(try await values(test, .bearerToken("t", allowsPlaintext: true)) == "Bearer t")
    }
  }

  @Test("Local credentials refuse connections of another kind")
  func localMismatch() async throws {
    let error = #expect(throws: RuntimeError.self) { try Channel(target: "127.0.0.1:1", credentials: .local()) }
    #expect(error?.code == .invalidArgument)
    try await withTestServer(
      on: TestServer.addressOfItsOwn(),
      credentials: .insecure,
      channelCredentials: .local(.loopback)
    ) { (test) async throws in
      let error = await rpcError { try await test.call() }
      #expect(error?.code == .unavailable)
    }
  }

  @Test("A channel within the process sends them, and their errors are the call's")
  func inProcess() async throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: TestServer.echo, handler: Self.answerCredentials)
    let server = Server(router: router)
    let channel = try server.makeInProcessChannel()
    let options = CallOptions(credentials: .composite(.bearerToken("t"), extra("e")))
    #expect(try await channel.echo(options: options).message == Array("Bearer t,e".utf8))
    let failing = CallCredentials { _ in throw RPCError(code: .dataLoss, message: "no token") }
    let error = await rpcError { try await channel.echo(options: CallOptions(credentials: failing)) }
    #expect(error == RPCError(code: .dataLoss, message: "no token"))

    // A function that does not heed its cancellation, nor a deadline.
    let proceed = Gate()
    let stubborn = CallCredentials { _ in
      await proceed.pass()
      return [:]
    }
    let late = await rpcError {
      try await channel.echo(options: CallOptions(timeout: .milliseconds(50), credentials: stubborn))
    }
    #expect(late?.code == .deadlineExceeded)
    let task = Task { await rpcError { try await channel.echo(options: CallOptions(credentials: stubborn)) } }
    task.cancel()
    #expect(await task.value?.code == .cancelled)
    proceed.open()
    await server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("Descriptions show no secret")
  func descriptions() {
    let credentials = CallCredentials.bearerToken("secret")
    #expect(!"\(credentials) \(String(reflecting: credentials))".contains("secret"))
    var dumped = ""
    dump(CallOptions(credentials: credentials), to: &dumped)
    dump(ChannelCredentials.composite(.tls(), credentials), to: &dumped)
    #expect(!dumped.contains("secret"))
  }
}

/// Tokens that are good for 80 requests, fetched with a pause by the first call that needs the next one.
private actor TokenIssuer {
  private var number = 0
  private var uses = 0
  private var fetch: Task<Void, Never>?

  var renewals: Int { number }

  func token() async -> String {
    if uses >= 80 {
      let fetch =
        fetch
        ?? Task {
          await Task.yield()
          number += 1
          uses = 0
          self.fetch = nil
        }
      self.fetch = fetch
      await fetch.value
    }
    uses += 1
    return "token-\(number)"
  }

  /// The token before the newest may still be on its way.
  func accepts(_ value: String) -> Bool {
    value == "Bearer token-\(number)" || value == "Bearer token-\(number - 1)"
  }
}
