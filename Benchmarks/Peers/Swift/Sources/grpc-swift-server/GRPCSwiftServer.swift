import GRPCCore
import GRPCNIOTransportHTTP2Posix

/// grpc-swift-2's server in its default configuration: `grpc-swift-server --port PORT`.
@main
struct GRPCSwiftServer {
  static func main() async throws {
    let port = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 50051
    let transport = HTTP2ServerTransport.Posix(
      address: .ipv4(host: "127.0.0.1", port: port),
      transportSecurity: .plaintext
    )
    try await GRPCServer(transport: transport, services: [ComputeService()]).serve()
  }
}

/// The tutorial's service.
struct ComputeService: Compute_Compute.SimpleServiceProtocol {
  func sayHello(request: Compute_HelloRequest, context: ServerContext) async throws -> Compute_HelloReply {
    var reply = Compute_HelloReply()
    reply.result = String(request.helloworld.unicodeScalars.count)
    return reply
  }
}
