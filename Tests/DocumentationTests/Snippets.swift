// The Swift of README.md and of the articles, word for word, as a user's program. The compiler checks that it compiles,
// and `DocumentationTests` that it is the same text.

import Compute
import CoreGRPC
import CoreGRPCLogging
import CoreGRPCMetrics
import CoreGRPCProtobuf
import CoreGRPCServices
import CoreGRPCTracing
import Foundation
import Logging
import ProtobufC
import ProtobufCFoundation
import ProtobufCJSON
import ProtobufCTextFormat
import ProtobufCWellKnownTypes

// MARK: Well-known types

func convertWellKnownTypes() throws {
  let timeout = try Google_Protobuf_Duration(rounding: .milliseconds(1500))
  let same = try Duration(timeout)
  let moment = try Google_Protobuf_Timestamp(date: Date())  // with the product ProtobufCFoundation
  let any = Google_Protobuf_Any(packing: timeout)
  if let duration = try any.unpack(as: Google_Protobuf_Duration.self) { print(duration.seconds) }
  let settings: Google_Protobuf_Struct = ["name": "Ada", "tags": ["a", nil, 1.5], "nested": ["deep": true]]
  let name = settings["name"]?.stringValue
  let mask = Google_Protobuf_FieldMask(protoPaths: "name", "address.post_code")
  _ = (same, moment, name, mask)
}

// MARK: Channelz and administration

func startAdministration() throws -> Server {
  let server = Server(services: [AdminServices(), ReflectionService(services: [ChannelzService()])])
  try server.listen(on: .tcp(host: "127.0.0.1", port: 50052))
  try server.start()
  return server
}

func makeVisibleChannel() throws -> Channel {
  var configuration = Channel.Configuration()
  configuration.isChannelzEnabled = true
  return try Channel(target: "dns:///backend.example:443", credentials: .tls(), configuration: configuration)
}

// MARK: Health

func offerHealth() {
  let health = HealthService()
  let server = Server(services: [ComputeService(), health])
  health.provider.updateStatus(.serving, forService: Compute_Compute.descriptor)
  _ = server
}

func reportDatabase(isReachable: Bool, to health: HealthService) {
  health.provider.updateStatus(isReachable ? .serving : .notServing, forService: "database")
}

func excludeHealth(audit: any ServerInterceptor) {
  let pipeline: [ConditionalInterceptor<any ServerInterceptor>] = [
    .apply(audit, to: .allExcluding(services: [HealthService.descriptor], methods: []))
  ]
  let server = Server(services: [ComputeService(), HealthService()], interceptorPipeline: pipeline)
  _ = server
}

// MARK: Reflection

func offerReflection() {
  let services: [any RegistrableRPCService] = [ComputeService(), HealthService()]
  let server = Server(services: services + [ReflectionService(services: services)])
  _ = server
}

func describeMoreFiles(services: [any RegistrableRPCService]) {
  let reflection = ReflectionService(services: services, files: [Compute_ComputeFile.descriptor])
  _ = reflection
}

// MARK: JSON and text format

func convertToJSON(_ request: Compute_HelloRequest) throws {
  let json = try request.jsonString()
  let same = try Compute_HelloRequest(jsonString: json)
  _ = same
}

func convertToText(_ request: Compute_HelloRequest) throws {
  let text = request.textFormatString()
  let same = try Compute_HelloRequest(textFormatString: text)
  _ = same
}

func readAny(_ json: String) throws {
  var options = JSONDecodingOptions()
  options.types = [Compute_HelloRequest.self]
  let any = try Google_Protobuf_Any(jsonString: json, options: options)
  _ = any
}

// MARK: Extensions

func useCustomOption() {
  let unit = MessageExtension<Google_Protobuf_FieldOptions, String?>(
    "weather.unit",
    number: 50001,
    .string
  )

  var options = Google_Protobuf_FieldOptions()
  options[unit] = "s"  // as the generated options.Weather_unit = "s"
  _ = options
}

// MARK: Error details

func refuseForNow() throws {
  throw GoogleRPCStatus(
    code: .unavailable,
    message: "the shop is closed",
    details: .retryInfo(delay: .seconds(30))
  )
}

func delay(of error: RPCError) throws {
  let status = try error.unpackGoogleRPCStatus()
  let delay = status?.details.compactMap(\.retryInfo).first?.delay
  _ = delay
}

// MARK: Metadata

func sendMetadata(_ client: Compute_Compute.Client) async throws {
  var request = ClientRequest(message: Compute_HelloRequest(helloworld: "abc"))
  request.metadata.addString("42", forKey: "x-request-id")
  request.metadata.addBinary([0, 255], forKey: "x-trace-bin")
  let response = try await client.sayHello(request: request)
  print(response.metadata, response.trailingMetadata[stringValues: "x-request-id"])
}

struct TracingService: Compute_Compute.ServiceProtocol {
  func sayHello(
    request: ServerRequest<Compute_HelloRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Compute_HelloReply> {
    let id = request.metadata[stringValues: "x-request-id"].first ?? "none"
    return ServerResponse(
      message: Compute_HelloReply(result: String(request.message.helloworld.unicodeScalars.count)),
      metadata: ["x-region": "north"],
      trailingMetadata: ["x-request-id": .string(id)]
    )
  }
}

// MARK: Transport security

func protect(_ server: Server) throws {
  let channel = try Channel(target: "greeter.example:443", credentials: .tls())

  let identity = TLSIdentity(certificateChain: .file("server.pem"), privateKey: .file("server.key"))
  try server.listen(on: .tcp(host: "0.0.0.0", port: 443), credentials: .tls(identity: identity))
  try server.listen(on: .unixDomainSocket(path: "/run/greeter.sock"))
  _ = channel
}

// MARK: Call credentials

func sendTokens(fetchToken: @escaping @Sendable () async throws -> TokenSource.Token) async throws {
  let tokens = TokenSource { try await fetchToken() }
  let channel = try Channel(
    target: "greeter.example:443",
    credentials: .composite(.tls(), .bearerToken { _ in try await tokens.token() })
  )

  let options = CallOptions(credentials: .bearerToken("another token, for one call"))
  _ = (channel, options)
}

actor TokenSource {
  typealias Token = (text: String, expiry: ContinuousClock.Instant)

  private let fetch: @Sendable () async throws -> Token
  private var latest: Task<Token, any Error>?

  init(fetch: @escaping @Sendable () async throws -> Token) { self.fetch = fetch }

  func token() async throws -> String {
    let known = latest
    if let token = try? await known?.value, token.expiry > .now + .seconds(30) { return token.text }
    // Another call may have begun to fetch the next token meanwhile.
    if let latest, latest != known { return try await latest.value.text }
    let next = Task { try await fetch() }
    latest = next
    return try await next.value.text
  }
}

func identifyCallers(
  of services: [any RegistrableRPCService],
  verify: @escaping @Sendable (_ token: String) async throws -> String
) {
  @Sendable func verifiedSubject(of token: String) async throws -> String { try await verify(token) }

  let authenticator = BearerTokenAuthenticator(UserKey.self) { token, _ in
    User(name: try await verifiedSubject(of: token))
  }
  let open = ReflectionService.descriptors.union([HealthService.descriptor])
  let server = Server(
    services: services,
    interceptorPipeline: [.apply(authenticator, to: .allExcluding(services: open, methods: []))]
  )
  _ = server
}

func authorizeCalls(of services: [any RegistrableRPCService]) throws {
  var configuration = Server.Configuration()
  configuration.authorizationPolicy = try AuthorizationPolicyProvider(
    file: "/etc/greeter/policy.json",
    auditLoggers: [
      "security-log": { event in
        print("denied \(event.path) to \(event.principal) at \(event.remotePeer)")
      }
    ]
  )
  let server = Server(services: services, configuration: configuration)
  _ = server
}

func testPolicy(_ text: String) throws {
  let policy = try AuthorizationPolicy(json: text)
  let worker = AuthorizationPolicy.Peer.tls(uris: ["spiffe://example.org/worker"])
  let decision = policy.decision(forPath: "/greeter.Greeter/Greet", peer: worker)
  assert(decision.isAllowed && decision.matchedRule == "workers")
}

// MARK: Streams

/// In `@main`, as most programs are.
struct Notes {
  static func main(_ channel: Channel) async throws -> [[UInt8]] {
    let notes = try await channel.bidirectionalStreaming(
      request: StreamingClientRequest { writer in
        for note in [[1], [2, 2]] as [[UInt8]] { try await writer.write(note) }
      },
      descriptor: MethodDescriptor(fullyQualifiedService: "notes.Notes", method: "Chat"),
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer()
    ) { response in
      var notes: [[UInt8]] = []
      for try await note in response.messages { notes.append(note) }
      return notes
    }
    return notes
  }

  static func upload(_ channel: Channel) async throws -> [UInt8] {
    let response = try await channel.clientStreaming(
      request: StreamingClientRequest { writer in
        for note in [[1], [2, 2]] as [[UInt8]] { try await writer.write(note) }
      },
      descriptor: NotesService.upload,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer()
    )
    let answer = response.message  // "2 notes" as UTF-8
    return answer
  }

  static func list(_ channel: Channel) async throws -> (notes: [[UInt8]], total: String?) {
    let (notes, total) = try await channel.serverStreaming(
      request: ClientRequest(message: [2]),
      descriptor: NotesService.list,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer()
    ) { response in
      var notes: [[UInt8]] = []
      for try await note in response.messages { notes.append(note) }
      return (notes, try await response.trailingMetadata()[stringValues: "stored-notes"].first)
    }
    return (notes, total)
  }
}

struct NotesService: RegistrableRPCService {
  static let upload = MethodDescriptor(fullyQualifiedService: "notes.Notes", method: "Upload")
  static let list = MethodDescriptor(fullyQualifiedService: "notes.Notes", method: "List")
  static let chat = MethodDescriptor(fullyQualifiedService: "notes.Notes", method: "Chat")

  let stored: [[UInt8]]

  func registerMethods(with router: inout RPCRouter) {
    // Client streaming: reads a stream, and returns one message.
    router.registerHandler(
      forMethod: Self.upload,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: StreamingServerRequest<[UInt8]>, _) -> ServerResponse<[UInt8]> in
      var count = 0
      for try await note in request.messages where !note.isEmpty { count += 1 }
      return ServerResponse(message: Array("\(count) notes".utf8))
    }
    // Server streaming: gets one message, and writes a stream.
    router.registerHandler(
      forMethod: Self.list,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: ServerRequest<[UInt8]>, _) -> StreamingServerResponse<[UInt8]> in
      StreamingServerResponse { writer in
        for note in stored where note.starts(with: request.message) { try await writer.write(note) }
        return ["stored-notes": "\(stored.count)"]  // the trailing metadata
      }
    }
    // Bidirectional: answers each message before it reads the next one.
    router.registerHandler(
      forMethod: Self.chat,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: StreamingServerRequest<[UInt8]>, _) -> StreamingServerResponse<[UInt8]> in
      StreamingServerResponse { writer in
        for try await note in request.messages { try await writer.write(note) }
        return [:]
      }
    }
  }
}

// MARK: Compression

func compress() -> Channel.Configuration {
  var configuration = Channel.Configuration()
  configuration.compression = Compression(algorithm: .gzip, enabledAlgorithms: .all)
  return configuration
}

// MARK: Interceptors

func intercept() throws -> Channel {
  struct BearerToken: ClientInterceptor {
    let token: String

    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingClientRequest<Input>,
      context: ClientContext,
      next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
    ) async throws -> StreamingClientResponse<Output> {
      var request = request
      request.metadata.addString("Bearer \(token)", forKey: "authorization")
      return try await next(request, context)
    }
  }

  let channel = try Channel(target: "127.0.0.1:50051", interceptors: [BearerToken(token: "…")])
  return channel
}

struct User: Sendable {
  var name: String
}

enum UserKey: CallContextKey {
  typealias Value = User
}

extension ServerContext {
  /// The user who makes the call, as the interceptor for authentication has found out.
  var user: User? {
    get { self[UserKey.self] }
    set { self[UserKey.self] = newValue }
  }
}

struct Authenticate: ServerInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    guard let name = context.peerCertificate?.commonName else {
      throw RPCError(code: .unauthenticated, message: "show a certificate")
    }
    var context = context
    context.user = User(name: name)
    return try await next(request, context)
  }
}

// MARK: Logs

func forwardLog() {
  CoreGRPCLog.forward(to: Logger(label: "grpc"), minimumLevel: .error, maxEventsPerSecond: 100)
}

// MARK: Observers

struct SlowCalls: ServerCallObserver {
  let found: AsyncStream<String>.Continuation

  func callEnded(_ call: borrowing EndedServerCall) {
    if call.duration > .seconds(1) { found.yield(call.path) }
  }
}

func observeServer() {
  let accessLog = AccessLog(to: Logger(label: "access"))
  var configuration = Server.Configuration()
  configuration.callObservers = [ServerMetrics(), accessLog]
  let server = Server(
    services: [ComputeService()],
    configuration: configuration,
    interceptors: [TracingServerInterceptor()]
  )
  _ = server
}

func observeRuntime(_ server: Server) async throws {
  let metrics = RuntimeMetrics(of: server)
  try await metrics.record(every: .seconds(15))
}

func observeChannel() throws {
  var configuration = Channel.Configuration()
  configuration.callObservers = [ClientMetrics()]
  let channel = try Channel(
    target: "localhost:50051",
    configuration: configuration,
    interceptors: [TracingClientInterceptor()]
  )
  _ = channel
}

// MARK: Executors

/// The client of <doc:GettingStarted>.
struct Greeter {
  func greet(_ request: Greeter_GreetRequest) async throws(RPCError) -> Greeter_GreetRequest { request }
}

/// The request and the response of that client.
struct Greeter_GreetRequest {
  var name = ""
  var text: String { name }
}

func runOnPollers(_ channel: Channel, _ greeter: Greeter) async throws {
  try await withTaskExecutorPreference(channel.taskExecutor) {
    print(try await greeter.greet(Greeter_GreetRequest(name: "Ada")).text)
  }
}

// MARK: Service config

func configureService() throws -> Channel {
  let retries = RetryPolicy(
    maxAttempts: 3,
    initialBackoff: .milliseconds(100),
    retryableStatusCodes: [.unavailable]
  )
  var configuration = Channel.Configuration()
  configuration.serviceConfig = ServiceConfig(
    methodConfig: [
      MethodConfig(names: [.all], timeout: .seconds(10)),
      MethodConfig(
        names: [.service("greeter.Greeter")],
        timeout: .seconds(2),
        retryPolicy: retries
      ),
    ],
    loadBalancingConfig: [.roundRobin]
  )
  let channel = try Channel(
    target: "dns:greeter.example:50051",
    configuration: configuration
  )
  return channel
}

// MARK: Several servers

func balanceLoad() throws -> Channel {
  var ejection = LoadBalancingConfig.OutlierDetection.FailurePercentageEjection()
  ejection.threshold = 50
  var configuration = Channel.Configuration()
  configuration.serviceConfig = ServiceConfig(
    loadBalancingConfig: [
      .outlierDetection(.init(failurePercentageEjection: ejection))
    ]
  )
  let channel = try Channel(
    target: "dns:///greeter.example:50051",
    configuration: configuration
  )
  return channel
}

func hedge() throws -> Channel {
  var configuration = Channel.Configuration()
  configuration.serviceConfig = ServiceConfig(
    methodConfig: [
      MethodConfig(
        names: [.service("greeter.Greeter")],
        hedgingPolicy: HedgingPolicy(
          maxAttempts: 2,
          hedgingDelay: .milliseconds(50)
        )
      )
    ],
    loadBalancingConfig: [.roundRobin],
    retryThrottling: RetryThrottling(maxTokens: 100, tokenRatio: 0.1)
  )
  let channel = try Channel(
    target: "dns:///greeter.example:50051",
    configuration: configuration
  )
  return channel
}

func reportLoad(_ service: any RegistrableRPCService) -> Server {
  let recorder = BackendMetricsRecorder()
  let server = Server(
    services: [service, OpenRCAService(recorder)],
    interceptors: [BackendMetricsInterceptor(recorder)]
  )
  recorder.update {
    $0.cpuUtilization = 0.3
    $0.queriesPerSecond = 120
  }
  return server
}

func callByXDS() throws -> Channel {
  let channel = try Channel(
    target: "xds:///greeter.example",
    credentials: .xds(fallback: .insecure)
  )
  return channel
}

func serveByXDS(_ service: any RegistrableRPCService) throws {
  var configuration = Server.Configuration()
  configuration.xds = Server.Configuration.XDS { address, status in
    switch status {
    case .serving: print("serving on \(address)")
    case .notServing(let reason): print("not serving on \(address): \(reason)")
    }
  }
  let server = Server(services: [service], configuration: configuration)
  try server.listen(
    on: ListenAddress("10.0.0.7:50051"),
    credentials: .xds(fallback: .insecure)
  )
  try server.start()
}

func useOwnControlPlane() throws -> Channel {
  var configuration = Channel.Configuration()
  configuration.xdsBootstrap = .json(
    """
    {"xds_servers": [{"server_uri": "127.0.0.1:18000", "channel_creds": [{"type": "insecure"}]}],
     "node": {"id": "greeter-7"}}
    """
  )
  let channel = try Channel(target: "xds:///greeter", configuration: configuration)
  return channel
}

// MARK: Settings of a server

func configureServer(_ service: any RegistrableRPCService) -> Server {
  var configuration = Server.Configuration()
  configuration.maxRequestMessageBytes = 16 * 1024 * 1024
  configuration.connectionAge.maxAge = .seconds(30 * 60)
  configuration.connectionAge.maxGraceTime = .seconds(60)
  let server = Server(services: [service], configuration: configuration)
  return server
}

// MARK: Errors

func passOn(_ inventory: Greeter, _ request: Greeter_GreetRequest) async throws -> Greeter_GreetRequest {
  do {
    return try await inventory.greet(request)
  } catch {
    throw RPCError(
      code: error.code,
      message: error.message,
      metadata: error.metadata
    )
  }
}

// MARK: Cancellation

func watch(_ prices: AsyncStream<Int>, _ writer: RPCWriter<Int>, _ context: ServerContext) async throws {
  for await price in prices {
    if context.cancellation.isCancelled { break }
    try await writer.write(price)
  }
}

// MARK: Testing

func testService() async throws {
  let server = Server(services: [TracingService()])
  let client = Compute_Compute.Client(channel: try server.makeInProcessChannel())
  let reply = try await client.sayHello(Compute_HelloRequest(helloworld: "abc"))
  assert(reply.result == "3")
  await server.shutdown(gracePeriod: .zero)
}

func testHandler() async throws {
  let context = ServerContext(descriptor: Compute_Compute.Method.SayHello.descriptor)
  let request = ServerRequest(metadata: ["x-request-id": "42"], message: Compute_HelloRequest(helloworld: "abc"))
  let response = try await TracingService().sayHello(request: request, context: context)
  assert(response.trailingMetadata[stringValues: "x-request-id"] == ["42"])
}

/// Says how long a text is, by any client of the service.
func describe(_ text: String, with client: some Compute_Compute.ClientProtocol) async throws(RPCError) -> String {
  let reply = try await client.sayHello(Compute_HelloRequest(helloworld: text))
  return "\(text) has \(reply.result) characters"
}

/// A client for tests.
struct FixedAnswer: Compute_Compute.ClientProtocol {
  let answer: String

  func sayHello(
    request: ClientRequest<Compute_HelloRequest>,
    options: CallOptions
  ) async throws(RPCError) -> ClientResponse<Compute_HelloReply> {
    ClientResponse(message: Compute_HelloReply(result: answer))
  }
}

func testStream() async throws -> Int {
  let numbers = RPCAsyncSequence([1, 2, 3])
  var sum = 0
  for try await number in numbers { sum += number }
  return sum
}

// MARK: Messages

func encodeAndDecode() throws -> Bool {
  let request = Compute_HelloRequest.with { $0.helloworld = "abc" }
  let bytes = request.serializedBytes()
  let same = try Compute_HelloRequest(serializedBytes: bytes)
  return same == request
}
