import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Errors at the deadline", .timeLimit(.minutes(5)))
struct DeadlineErrorTests {
  @Test("A stream that ends at the deadline is the deadline's, unless this end cancelled the call")
  func rule() {
    let ends = [
      RPCError(code: .cancelled, message: "Received RST_STREAM with error code 8", metadata: ["k": "v"]),
      RPCError(code: .unavailable, message: "Socket closed"),
      RPCError(code: .internalError, message: "Received RST_STREAM with error code 2"),
      RPCError(code: .internalError, message: "RST_STREAM (Received RST_STREAM with error code 2)"),
      RPCError(code: .internalError, message: "Stream removed (RST_STREAM (Received RST_STREAM with error code 2))"),
      RPCError(code: .unknown, message: "Stream removed"),
    ]
    for error in ends {
      let told = error.considering(deadlineHasPassed: true, isCancelledHere: false)
      #expect(told.code == .deadlineExceeded && told.metadata == error.metadata && told.cause as? RPCError == error)
      #expect(error.considering(deadlineHasPassed: false, isCancelledHere: false) == error)
      #expect(error.considering(deadlineHasPassed: true, isCancelledHere: true) == error)
    }
    let others = [
      RPCError(code: .deadlineExceeded, message: "Deadline Exceeded"),
      RPCError(code: .internalError, message: "the database is broken"),
      RPCError(code: .unknown, message: "the handler failed"),
      RPCError(code: .resourceExhausted, message: "too many calls"),
      RPCError(code: .notFound, message: "no such thing"),
    ]
    for error in others { #expect(error.considering(deadlineHasPassed: true, isCancelledHere: false) == error) }
  }

  @Test("A call whose stream the server resets at the deadline ends with DEADLINE_EXCEEDED", arguments: [false, true])
  func resetAtDeadline(isStream: Bool) async throws {
    let server = ResettingServer()
    let channel = try Channel(target: server.target)
    let codes = await withTaskGroup(of: RPCError.Code?.self) { group in
      var codes: [RPCError.Code?] = []
      for index in 0..<600 {
        if index >= 50, let code = await group.next() { codes.append(code) }
        group.addTask {
          await rpcError {
            let options = CallOptions(timeout: .milliseconds(20))
            guard isStream else { return try await channel.echo(options: options).message }
            return try await channel.bidirectionalStreaming(
              request: StreamingClientRequest { (writer: RPCWriter<[UInt8]>) in try await writer.write([1]) },
              descriptor: StreamServer.bidirectional,
              options: options
            ) { response in try await response.messages.reduce(into: [UInt8]()) { $0 += $1 } }
          }?.code
        }
      }
      return await group.reduce(into: codes) { $0.append($1) }
    }
    #expect(codes.allSatisfy { $0 == .deadlineExceeded }, "\(Set(codes.map { $0?.description ?? "OK" }))")
  }

  @Test("A call whose connection the server closes at the deadline ends with DEADLINE_EXCEEDED")
  func closedAtDeadline() async throws {
    let server = ResettingServer(closesConnections: true)
    var configuration = Channel.Configuration()
    configuration.usesLocalSubchannelPool = true
    let codes = try await withThrowingTaskGroup(of: RPCError.Code?.self) { group in
      var codes: [RPCError.Code?] = []
      for index in 0..<150 {
        if index >= 25, let code = try await group.next() { codes.append(code) }
        // A connection for each call: its end is that of all its calls.
        let channel = try Channel(target: server.target, configuration: configuration)
        group.addTask {
          // So that connecting takes none of the call's time.
          try await channel.connect()
          return await rpcError { try await channel.echo(options: CallOptions(timeout: .milliseconds(20))) }?.code
        }
      }
      return try await group.reduce(into: codes) { $0.append($1) }
    }
    #expect(codes.allSatisfy { $0 == .deadlineExceeded }, "\(Set(codes.map { $0?.description ?? "OK" }))")
  }

  @Test("A caller that cancels is told that it has, also past the deadline")
  func cancelledByCaller() async throws {
    let server = RawServer(answersPings: true)
    let channel = try Channel(target: server.target)
    let call = Task { await rpcError { try await channel.echo(options: CallOptions(timeout: .seconds(30))) }?.code }
    _ = await server.firstFrame { $0.kind == .headers }
    call.cancel()
    #expect(await call.value == .cancelled)
  }
}

/// A server that resets each stream when the time in its headers has passed, as proxies do that count it themselves, or
/// closes the connection.
private final class ResettingServer: Sendable {
  private let listener = RawSocket.listening()

  var target: String { "ipv4:127.0.0.1:\(listener.port)" }

  init(closesConnections: Bool = false) {
    let listener = listener
    Thread.detachNewThread {
      while let socket = listener.accept() {
        Thread.detachNewThread { Self.serve(socket, closesConnections: closesConnections) }
      }
    }
  }

  deinit { listener.shutDown() }

  private static func serve(_ socket: RawSocket, closesConnections: Bool) {
    let timers = DispatchQueue(label: "resets")
    socket.write(HTTP2Frame.settings().bytes)
    var pending: [UInt8] = []
    while let bytes = socket.read() {
      pending += bytes
      for frame in HTTP2Frame.take(from: &pending) {
        if let pong = frame.pong { timers.async { socket.write(pong.bytes) } }
        guard frame.kind == .headers else { continue }
        let stream = frame.stream
        // C-core writes the same timeout once in full.
        let timeout = frame.timeout ?? .milliseconds(20)
        let milliseconds = Int(timeout.components.attoseconds / 1_000_000_000_000_000)
        timers.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) {
          if closesConnections { return socket.shutDown() }
          // CANCEL, or what proxies say: NO_ERROR, INTERNAL_ERROR.
          socket.write(HTTP2Frame.reset([8, 8, 0, 2][Int(stream / 2) % 4], stream: stream).bytes)
        }
      }
    }
  }
}
