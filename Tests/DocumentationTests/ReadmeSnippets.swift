// What README.md shows, word for word: the compiler checks that it compiles as a user's program, and `ReadmeTests` that it is the
// same text.

import Compute
import CoreGRPC
import CoreGRPCLogging
import Foundation
import Logging
import ProtobufCFoundation
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
}

// MARK: Compression

func compress() -> Channel.Configuration {
  var configuration = Channel.Configuration()
  configuration.compression = Compression(algorithm: .gzip, acceptedAlgorithms: .all)
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

  let channel = try Channel(target: "127.0.0.1:50051", interceptors: [.apply(BearerToken(token: "…"), to: .all)])
  return channel
}

// MARK: Logs

func forwardLog() {
  CoreGRPCLog.forward(to: Logger(label: "grpc"), minimumLevel: .error, maximumEventsPerSecond: 100)
}

// MARK: Executors

/// The tutorial's client.
struct Greeter {
  func greet(_ request: Greeter_GreetRequest) async throws(RPCError) -> Greeter_GreetRequest { request }
}

/// The tutorial's request.
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
  let retries = RetryPolicy(maxAttempts: 3, initialBackoff: .milliseconds(100), retryableStatusCodes: [.unavailable])
  var configuration = Channel.Configuration()
  configuration.serviceConfig = try ServiceConfig(
    methodConfig: [
      MethodConfig(names: [.all], timeout: .seconds(10)),
      MethodConfig(names: [.service("greeter.Greeter")], timeout: .seconds(2), retryPolicy: retries),
    ],
    loadBalancingConfig: [.roundRobin]
  )
  let channel = try Channel(target: "dns:greeter.example:50051", configuration: configuration)
  return channel
}
