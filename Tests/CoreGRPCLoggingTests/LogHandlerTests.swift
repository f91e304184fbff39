import CoreGRPC
import Foundation
import InMemoryLogging
import Logging
import TestSupport
import Testing

@testable import CoreGRPCLogging

/// The handler belongs to the whole process, hence one test at a time; none relies on the absence of others' events.
@Suite("The log's handler", .serialized, .timeLimit(.minutes(5)))
struct LogHandlerTests {
  private struct Secret: Error { let password = "hunter2" }

  /// Legal metadata that C-core reads itself, and leaves out because it cannot: it says so at DEBUG, value included.
  private static let unwanted: Metadata = ["lb-cost-bin": .binary(Array("hunter2".utf8))]

  @Test("An error that a handler throws is an event, and stays off the wire", arguments: [Echo.unary, Echo.stream])
  func handlerFails(method: MethodDescriptor) async throws {
    try await withEcho {
      throw Secret()
    } body: { echo in
      let recorder = EventRecorder()
      let error = await echo.error(of: method)
      #expect(error?.code == .unknown && error?.message.contains("hunter2") == false)
      let event = await recorder.first { $0.method == method }
      #expect(event?.level == .error)
      #expect(event?.message == #"the handler failed: Secret(password: "hunter2")"#)
      #expect(event?.file == "CoreGRPC/HandlerFailure.swift")
      recorder.stop()
    }
  }

  @Test("An error that a handler's own closure for messages throws is an event, and stays off the wire")
  func closureFails() async throws {
    let messages = RPCAsyncSequence([1]).mapMessages { _ in throw Secret() }
    let failure = await #expect(throws: RPCError.self) { for try await _ in messages {} }
    try await withEcho {
      throw try #require(failure)
    } body: { echo in
      let recorder = EventRecorder()
      let error = await echo.error(of: Echo.unary)
      #expect(error?.code == .unknown && error?.message.contains("hunter2") == false)
      let event = await recorder.first { $0.method == Echo.unary }
      #expect(event?.message == #"the handler failed: Secret(password: "hunter2")"#)
      recorder.stop()
    }
  }

  @Test("An error that a handler answers on purpose is not an event", arguments: [Echo.unary, Echo.stream])
  func handlerAnswersWithError(method: MethodDescriptor) async throws {
    try await withEcho {
      throw RPCError(code: .notFound, message: "marked")
    } body: { echo in
      let recorder = EventRecorder(minimumLevel: .debug)
      #expect(await echo.error(of: method)?.code == .notFound)
      recorder.stop()
      #expect(!recorder.all.contains { $0.message.contains("marked") })
    }
  }

  @Test("A response whose metadata does not fit is an event without values", arguments: [Echo.unary, Echo.stream])
  func responseDoesNotFit(method: MethodDescriptor) async throws {
    let long = Metadata.Value.string(String(repeating: "hunter2", count: 2_000))
    try await withEcho {
      ServerResponse(message: [], trailingMetadata: ["x-long": long])
    } body: { echo in
      let recorder = EventRecorder()
      #expect(await echo.error(of: method)?.code == .internalError)
      let problem = "the handler's response has too much metadata"
      let event = await recorder.first { $0.method == method && $0.message.hasPrefix(problem) }
      recorder.stop()
      #expect(event?.level == .error)
      #expect(event?.message.contains(#"the largest entry is "x-long" with 14038 bytes"#) == true)
      #expect(event?.message.contains("hunter2") == false)
    }
  }

  @Test("An error that another server answers to a handler is an event, and stays off the wire")
  func downstreamError() async throws {
    try await withEcho {
      throw RPCError(code: .notFound, message: "hunter2")
    } body: { echo in
      let error = try #require(await echo.error(of: Echo.unary))
      #expect(error.message == "hunter2")
      try await withEcho {
        throw error
      } body: { gateway in
        let recorder = EventRecorder()
        #expect(await gateway.error(of: Echo.stream)?.message == "a call to another service failed")
        let event = await recorder.first { $0.method == Echo.stream && $0.message.hasPrefix("a call that") }
        recorder.stop()
        #expect(event?.level == .error)
        #expect(event?.message == "a call that the handler made failed: NOT_FOUND: hunter2")
      }
    }
  }

  @Test("A failed handshake is logged with the side that refuses, and the reason")
  func handshakeFails() async throws {
    let certificates = try await TestCertificates()
    let strangers = try await TestCertificates()
    let server = Server(services: [])
    let address = try server.listen(
      on: .tcp(host: "127.0.0.1", port: 0),
      credentials: .tls(
        identity: certificates.server,
        clientCertificates: .required(trustRoots: certificates.authority)
      )
    )
    try server.start()
    try await withShutdown(of: server) {
      let roots = certificates.trustRoots
      for (credentials, text) in [
        (.tls(trustRoots: roots), "(a client showed no certificate, and this server requires one)"),
        (
          .tls(trustRoots: roots, identity: strangers.client),
          "the server refuses the client's certificate::unable to get local issuer certificate"
        ),
        (
          .tls(trustRoots: strangers.trustRoots),
          "the client refuses the server's certificate::self-signed certificate in certificate chain"
        ),
        (.insecure, "(the peer does not speak TLS, or only old versions of it: a plaintext client of this server"),
      ] as [(ChannelCredentials, String)] {
        let recorder = EventRecorder()
        let channel = try Channel(target: address.description, credentials: credentials)
        let connecting = Task { try await channel.connect() }
        let event = await recorder.first { $0.message.contains(text) }
        recorder.stop()
        #expect(event?.level == .error)
        #expect(event?.message.hasPrefix("Handshake failed with fatal error SSL_ERROR_SSL: ") == true)
        channel.close()
        _ = await connecting.result
      }
    }
  }

  @Test("Refused calls are an event for each reason, and of many a few")
  func refusedCalls() async throws {
    try await withEcho { echo in
      let recorder = EventRecorder(minimumLevel: .info)
      let refused = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Unknown")
      for _ in 0..<100 { #expect(await echo.error(of: refused)?.code == .unimplemented) }
      recorder.stop()
      let events = recorder.all.filter {
        $0.message.hasPrefix("refused a call of /test.Test/Unknown from ipv4:127.0.0.1:")
      }
      #expect(events.allSatisfy { $0.level == .info && $0.message.contains(": unknown method (UNIMPLEMENTED)") })
      #expect(events.count >= 5 && events.count < 50)
    }
  }

  @Test("A server that cannot use its new certificate says why")
  func certificateIsSpoiled() async throws {
    let certificates = try await TestCertificates()
    let server = Server(services: [])
    let address = try server.listen(
      on: .tcp(host: "127.0.0.1", port: 0),
      credentials: .tls(identity: certificates.server)
    )
    try server.start()
    try await withShutdown(of: server) {
      let recorder = EventRecorder()
      try "hunter2".write(toFile: certificates.path("server.key"), atomically: true, encoding: .utf8)
      let channel = try Channel(target: address.description, credentials: .tls(trustRoots: certificates.trustRoots))
      try await channel.connect(timeout: .seconds(30))
      let event = await recorder.first { $0.message.contains(certificates.folder.path) }
      recorder.stop()
      #expect(event?.level == .error)
      let file = certificates.path("server.key")
      let problem = "the private key in \(file) has no private key in the PEM format"
      #expect(event?.message == "the server continues to use its old certificates: \(problem)")
    }
  }

  @Test("C-core's log arrives with its level, file and line")
  func coreEvents() async throws {
    let recorder = EventRecorder(minimumLevel: .debug)
    try await withEcho { echo in
      _ = await echo.error(of: Echo.unary, metadata: Self.unwanted)
      let event = await recorder.first { $0.message.hasPrefix("Append error") }
      #expect(event?.level == .debug)
      #expect(event?.file.hasSuffix(".cc") == true && event?.line ?? 0 > 0 && event?.method == nil)
      recorder.stop()
    }
  }

  @Test("Nothing arrives below the level, nor once the handler is gone")
  func nothingElse() async throws {
    try await withEcho { echo in
      let recorder = EventRecorder(minimumLevel: .error)
      _ = await echo.error(of: Echo.unary, metadata: Self.unwanted)
      #expect(recorder.all.allSatisfy { $0.level == .error })
      recorder.stop()
      let later = EventRecorder(minimumLevel: .debug)
      later.stop()
      _ = await echo.error(of: Echo.unary, metadata: Self.unwanted)
      #expect(!later.all.contains { $0.message.hasPrefix("Append error") })
    }
  }

  @Test("Metadata that gRPC cannot send never reaches C-core's log")
  func illegalMetadataOfOurs() async throws {
    let illegal: [Metadata] = [["x-token": "hunter2\n"], ["Bad Key": "hunter2"], ["grpc-timeout": "hunter2"]]
    let recorder = EventRecorder(minimumLevel: .debug)
    for metadata in illegal {
      try await withEcho {
        ServerResponse(message: [], metadata: metadata, trailingMetadata: metadata)
      } body: { echo in
        #expect(await echo.error(of: Echo.unary, metadata: metadata)?.code == .invalidArgument)
        // A reserved key is left out of what a handler sends.
        let isReserved = metadata[0].key == "grpc-timeout"
        #expect(await echo.error(of: Echo.unary)?.code == (isReserved ? nil : .internalError))
        #expect(await echo.error(of: Echo.stream)?.code == (isReserved ? nil : .internalError))
      }
    }
    recorder.stop()
    #expect(!recorder.all.contains { $0.message.contains("validate_metadata") || $0.message.contains("hunter2") })
  }

  @Test("Of metadata that C-core cannot read or does not want, the log has the key and not the value")
  func badMetadata() async throws {
    let recorder = EventRecorder(minimumLevel: .debug)
    try await withEcho { echo in
      _ = await echo.error(of: Echo.unary, metadata: Self.unwanted)
      let sent = await recorder.first { $0.message.contains("key=lb-cost-bin") }
      #expect(sent?.message.hasSuffix("value=<redacted>") == true)

      let port = try #require(echo.address.port)
      let client = RawConnection(toPort: Int(port))
      client.send(.request(stream: 1, path: "/test.Test/Unary", ("grpc-timeout", "hunter2")))
      let received = await recorder.first { $0.message.contains("grpc-timeout") }
      #expect(received?.level == .error)
      // C-core has no value in the event since some version after 1.51.
      #expect(received?.message.hasSuffix("value=<redacted>") == received?.message.contains("key=grpc-timeout"))
      recorder.stop()
      #expect(!recorder.all.contains { $0.message.contains("hunter2") })
      client.close()
      await echo.server.shutdown(gracePeriod: .zero)
    }
  }

  @Test("A logger gets level, text and origin")
  func logger() async throws {
    let handler = InMemoryLogHandler()
    CoreGRPCLog.forward(to: Logger(label: "test") { _ in handler })
    try await withEcho {
      throw Secret()
    } body: { echo in
      _ = await echo.error(of: Echo.unary)
      let entry = await handler.entry { $0.metadata["grpc.method"] == "test.Test/Unary" }
      #expect(entry.level == .error)
      #expect(entry.message == #"the handler failed: Secret(password: "hunter2")"#)
      #expect(entry.metadata["grpc.file"] == "CoreGRPC/HandlerFailure.swift")
      #expect(entry.metadata["grpc.line"] != nil)
      CoreGRPCLog.setHandler(nil)
    }
  }

  @Test("A flood is cut to the bound, and the number of what was dropped is logged")
  func flood() async throws {
    let handler = InMemoryLogHandler()
    let before = ProcessStatistics.current.droppedLogLines
    let forwarder = LogForwarder(logger: Logger(label: "test") { _ in handler }, maximumPerSecond: 10)
    for number in 0..<1_000 { forwarder.add(CoreGRPCLog.Event(level: .error, message: "\(number)")) }
    let report = await handler.entry { $0.metadata["grpc.dropped"] != nil }
    #expect(report.level == .warning)
    // The loop may take longer than a second on a busy machine: every second has its share, and its report.
    let logged = handler.entries.count { $0.level == .error }
    let dropped = handler.entries.compactMap { $0.metadata["grpc.dropped"].map { Int("\($0)") ?? 0 } }.reduce(0, +)
    #expect(logged + dropped == 1_000 && logged >= 10)
    #expect(ProcessStatistics.current.droppedLogLines - before >= dropped)
  }
}

extension InMemoryLogHandler {
  /// Waits for an entry.
  ///
  /// There is no event to wait for: the handler only collects.
  fileprivate func entry(where matches: (Entry) -> Bool) async -> Entry {
    while true {
      if let entry = entries.first(where: matches) { return entry }
      await Task.yield()
    }
  }
}
