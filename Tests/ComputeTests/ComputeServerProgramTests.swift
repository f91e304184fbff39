import Compute
import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("The program compute-server", .serialized, .timeLimit(.minutes(5)))
struct ComputeServerProgramTests {
  @Test(
    "It says where it listens, answers, and ends with 0 after a signal",
    arguments: [
      ("127.0.0.1:0", SIGINT), ("[::1]:0", SIGTERM), ("unix:\(NSTemporaryDirectory())/coregrpc-\(UUID()).sock", SIGINT),
    ]
  )
  func runs(address: String, signal: Int32) async throws {
    let server = try Programs.server(["--listen", address])
    let bound = try #require(await server.line(after: "running... "))
    #expect(!bound.hasSuffix(":0"))
    #expect(try await Programs.client(["--target", bound]).output == "received: 6\n")
    server.signal(signal)
    let outcome = await server.outcome()
    #expect(outcome.status == 0 && !outcome.wasKilled)
    #expect(outcome.output == "running... \(bound)\nstopping...\n")
    #expect(outcome.errors.isEmpty)
  }

  @Test("A server that cannot say where it listens ends with an error")
  func unwritableOutput() async throws {
    let outcome = try await ChildProcess.run(
      URL(filePath: "/bin/bash"),
      ["-c", #"exec "$0" "$@" > /dev/full"#, Locations.executable("compute-server").path, "--listen", "127.0.0.1:0"]
    )
    #expect(outcome.status == 1)
    #expect(outcome.errors == "error: cannot write to standard output: No space left on device\n")
  }

  @Test("It answers health checks", arguments: ["", "compute.Compute"])
  func health(service: String) async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0"])
    let channel = try Channel(target: try #require(await server.line(after: "running... ")))
    let check = MethodDescriptor(fullyQualifiedService: "grpc.health.v1.Health", method: "Check")
    // The messages as they are on the wire: a string in field 1, an enum in field 1.
    let request: [UInt8] = service.isEmpty ? [] : [0x0A, UInt8(service.utf8.count)] + Array(service.utf8)
    let response = try await channel.unary(request: ClientRequest(message: request), descriptor: check)
    #expect(response.message == [0x08, 1])
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("It listens on several addresses")
  func severalAddresses() async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0", "--listen", "[::1]:0"])
    let bound = try #require(await server.line(after: "running... ")).split(separator: " ").map(String.init)
    #expect(bound.count == 2)
    for address in bound { #expect(try await Programs.client(["--target", address, "x"]).output == "received: 1\n") }
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("With a certificate TCP addresses speak TLS, and Unix sockets do not")
  func tls() async throws {
    let files = try await TestCertificates()
    let socket = "unix-abstract:coregrpc-\(UUID())"
    let server = try Programs.server([
      "--listen", "127.0.0.1:0", "--listen", socket, "--client-ca", files.path("ca.pem"),
      "--tls-cert", files.path("server.pem"), "--tls-key", files.path("server.key"),
    ])
    let bound = try #require(await server.line(after: "running... ")).split(separator: " ").map(String.init)
    let identity = ["--tls-cert", files.path("client.pem"), "--tls-key", files.path("client.key")]
    let trust = ["--ca", files.path("ca.pem")]
    for (arguments, isGood) in [
      (["--target", bound[1]], true), (["--target", bound[0]] + trust + identity, true),
      (["--target", bound[0], "--server-name", "any.test.google.fr"] + trust + identity, true),
      (["--target", bound[0]] + trust, false), (["--target", bound[0]], false),
      (["--target", bound[0], "--tls"] + identity, false),
    ] {
      let outcome = try await Programs.client(arguments)
      #expect(outcome.output == (isGood ? "received: 6\n" : ""), "\(arguments) \(outcome.errors)")
    }
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("A port in use is one line on standard error, and the first server continues")
  func portInUse() async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0"])
    let bound = try #require(await server.line(after: "running... "))
    let second = try await ChildProcess.run(Locations.executable("compute-server"), ["--listen", bound])
    #expect(second.status == 1)
    #expect(second.errors == "error: cannot listen on \(bound): Address already in use\n")
    #expect(try await Programs.client(["--target", bound]).output == "received: 6\n")
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("A server that ran out of descriptors says so on standard error, and answers when some are free")
  func exhaustedDescriptors() async throws {
    let server = try ChildProcess(
      URL(filePath: "/bin/sh"),
      ["-c", #"ulimit -n 120 && exec "$0" "$@" 2>&1"#, Locations.executable("compute-server").path]
        + ["--listen", "127.0.0.1:0"]
    )
    let bound = try #require(await server.line(after: "running... "))
    let port = try #require(ListenAddress(bound).port)
    var connections = (0..<200).map { _ in RawSocket.connected(toPort: Int(port)) }
    #expect(await server.line(after: "gRPC E: the server stopped accepting connections on \(bound): ") != nil)
    #expect(connections.count == 200)
    connections = []
    let client = Compute_Compute.Client(channel: try Channel(target: bound))
    let options = CallOptions(waitForReady: true)
    #expect(try await client.sayHello(Compute_HelloRequest(helloworld: "Héllo"), options: options).result == "5")
    server.signal(SIGTERM)
    #expect(await server.outcome().status == 0)
  }

  @Test("A server whose standard error is not read continues")
  func unreadErrors() async throws {
    let pipe = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID()).fifo")
    defer { try? FileManager.default.removeItem(at: pipe) }
    let server = try ChildProcess(
      URL(filePath: "/bin/bash"),
      // Opened for both directions, it needs no reader. Zeros fill it.
      ["-c", #"mkfifo "$0" && exec 2<>"$0" && head -c 65536 /dev/zero >&2 && exec "$@""#, pipe.path]
        + [Locations.executable("compute-server").path, "--listen", "127.0.0.1:0"],
      environment: ["GRPC_VERBOSITY": "debug", "GRPC_TRACE": "http"]
    )
    let bound = try #require(await server.line(after: "running... "))
    #expect(try await Programs.client(["--target", bound]).output == "received: 6\n")
    server.signal(SIGTERM)
    #expect(await server.outcome().status == 0)
  }

  @Test("The access log has a line of text for each call")
  func accessLog() async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0", "--access-log"])
    let bound = try #require(await server.line(after: "running... "))
    let channel = try Channel(target: bound)
    #expect(try await Compute_Compute.Client(channel: channel).sayHello(Compute_HelloRequest()).result == "0")
    let unknown = MethodDescriptor(fullyQualifiedService: "a.B", method: "C=\"")
    _ = try? await channel.unary(request: ClientRequest(message: [] as [UInt8]), descriptor: unknown)
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 2, "\(outcome.errors)")
    let first = try #require(lines.first)
    #expect(first.contains("Z info compute.Compute/SayHello OK "))
    for part in [" grpc.method=compute.Compute/SayHello", " grpc.status=OK", " grpc.peer=ipv4:127.0.0.1:"] {
      #expect(first.contains(part), "\(first)")
    }
    #expect(lines.last?.contains(" grpc.refusal=\"unknown method\"") == true, "\(lines)")
  }

  private struct Line: Decodable {
    var time: String
    var level: String
    var message: String
    var status: String

    enum CodingKeys: String, CodingKey {
      case time
      case level
      case message
      case status = "grpc.status"
    }
  }

  @Test("The access log is JSON on demand, whatever clients send")
  func jsonAccessLog() async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0", "--access-log", "--log-format", "json"])
    let channel = try Channel(target: try #require(await server.line(after: "running... ")))
    for method in ["SayHello", "Sa\"y", "a\\b", "x y"] {
      let descriptor = MethodDescriptor(fullyQualifiedService: "compute.Compute", method: method)
      _ = try? await channel.unary(request: ClientRequest(message: [] as [UInt8]), descriptor: descriptor)
    }
    server.signal(SIGTERM)
    let errors = await server.outcome().errors
    let lines = try errors.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
    #expect(lines.map(\.status) == ["OK", "UNIMPLEMENTED", "UNIMPLEMENTED", "UNIMPLEMENTED"], "\(errors)")
    #expect(lines.first?.message == "compute.Compute/SayHello OK" && lines.first?.level == "info")
    #expect(lines.first?.time.hasSuffix("Z") == true)
  }

  @Test("A server whose access log is not read answers and stops")
  func unreadAccessLog() async throws {
    let pipe = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID()).fifo")
    defer { try? FileManager.default.removeItem(at: pipe) }
    let server = try ChildProcess(
      URL(filePath: "/bin/bash"),
      ["-c", #"mkfifo "$0" && exec 2<>"$0" && head -c 65536 /dev/zero >&2 && exec "$@""#, pipe.path]
        + [Locations.executable("compute-server").path, "--listen", "127.0.0.1:0", "--access-log"]
    )
    let bound = try #require(await server.line(after: "running... "))
    for _ in 0..<3 { #expect(try await Programs.client(["--target", bound]).output == "received: 6\n") }
    server.signal(SIGTERM)
    #expect(await server.outcome().status == 0)
  }

  @Test("Administrators have an address of their own")
  func administration() async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"])
    let bound = try #require(await server.line(after: "running... "))
    let admin = try #require(await server.line(after: "administration... "))
    #expect(try await Programs.client(["--target", bound]).output == "received: 6\n")
    let method = MethodDescriptor(fullyQualifiedService: "grpc.channelz.v1.Channelz", method: "GetServers")
    let request = ClientRequest(message: [] as [UInt8])
    // Two servers, each a field 1 of the response.
    let answer = try await Channel(target: admin).unary(request: request, descriptor: method).message
    #expect(answer.first == 0x0A)
    let error = await rpcError { try await Channel(target: bound).unary(request: request, descriptor: method) }
    #expect(error?.code == .unimplemented)
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
  }

  @Test("Its help fits on a screen")
  func help() async throws {
    let outcome = try await ChildProcess.run(Locations.executable("compute-server"), ["--help"])
    #expect(outcome.status == 0)
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count <= 51 && lines.allSatisfy { $0.count <= 80 }, "\(outcome.output)")
  }

  @Test("--version names the program, the engine and the engine's file")
  func version() async throws {
    let outcome = try await ChildProcess.run(Locations.executable("compute-server"), ["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.output == "compute-server \(CoreGRPCVersion.current), \(CoreGRPCVersion.engine)\n")
  }

  @Test(
    "Bad usage is one line on standard error that names the input",
    arguments: [
      (["--listen", "nonsense"], "'nonsense'"), (["--listen", "127.0.0.1:99999"], "'99999'"),
      (["--lisen", "x"], "'--lisen'"), (["--grace", "soon"], "'soon'"), (["--max-concurrent-calls", "0"], "not 0"),
      (["surplus"], "'surplus'"), (["--log-level", "loud"], "'loud'"), (["--log-format", "xml"], "'xml'"),
      (["--admin", "nowhere"], "'nowhere'"), (["--tls-cert", "x"], "--tls-key"), (["--client-ca", "x"], "--tls-cert"),
    ]
  )
  func badUsage(arguments: [String], named: String) async throws {
    let outcome = try await ChildProcess.run(Locations.executable("compute-server"), arguments)
    #expect(outcome.status == 64 && !outcome.wasKilled)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("error: "))
    #expect(outcome.errors.contains(named), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
  }

  @Test("A signal in the middle of a load loses no accepted call", arguments: [SIGINT, SIGTERM])
  func signalUnderLoad(signal: Int32) async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0"])
    let bound = try #require(await server.line(after: "running... "))
    let client = try ChildProcess(
      Locations.executable("compute-client"),
      ["--target", bound, "--count", "60000", "--concurrency", "64", "--timeout", "20s"]
    )
    // The load is on when calls of another client are answered beside it.
    for _ in 0..<5 { #expect(try await Programs.client(["--target", bound]).status == 0) }
    server.signal(signal)
    let outcome = await server.outcome()
    #expect(outcome.status == 0 && !outcome.wasKilled)
    let load = await client.outcome()
    #expect(load.status == 1)
    // Whatever the server did not accept was refused; nothing timed out, and nothing was lost on the way.
    for line in load.errors.split(separator: "\n") {
      #expect(line.contains("UNAVAILABLE") || line.contains("CANCELLED"), "\(line)")
    }
    #expect(load.output.contains("received: 6\n"))
  }
}
