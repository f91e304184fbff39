import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Messages that C-core loses", .timeLimit(.minutes(5)))
struct LostMessageTests {
  @Test("A call whose message is written while a transparent retry sends the one before ends with its status")
  func duringTransparentRetry() async throws {
    for _ in 0..<10 {
      let server = UnseenCallServer()
      var configuration = Channel.Configuration()
      configuration.allowsRetries = true
      let channel = try Channel(target: server.target, configuration: configuration)
      let error = await #expect(throws: RPCError.self) {
        try await channel.bidirectionalStreaming(
          request: StreamingClientRequest { writer in
            try await writer.write([1])
            server.hasSent.signal()
            await server.isRetrying.pass()
            server.isSending.signal()
            try await writer.write([2])
          },
          descriptor: MethodDescriptor(fullyQualifiedService: "test.Test", method: "Chat")
        ) { response in
          for try await _ in response.messages { Issue.record("a message came") }
        }
      }
      #expect(error?.code == .internalError)
    }
  }
}

/// A server that says of a call that it has not seen it, and that ends it when it comes again, having let no message
/// through.
private final class UnseenCallServer: Sendable {
  /// The client's message has been sent.
  let hasSent = DispatchSemaphore(value: 0)
  /// The call has come again.
  let isRetrying = Gate()
  /// The client is about to send another message.
  let isSending = DispatchSemaphore(value: 0)

  private let listener = RawSocket.listening()

  var target: String { "ipv4:127.0.0.1:\(listener.port)" }

  init() {
    let (hasSent, isRetrying, isSending, listener) = (hasSent, isRetrying, isSending, listener)
    Thread.detachNewThread {
      guard let first = listener.accept() else { return }
      first.write(HTTP2Frame(kind: .settings).bytes)
      Self.awaitFrame(.data, on: first)
      hasSent.wait()
      // No stream has been seen, and no error.
      first.write(HTTP2Frame(kind: .goAway, payload: [UInt8](repeating: 0, count: 8)).bytes)

      guard let second = listener.accept() else { return }
      // SETTINGS_INITIAL_WINDOW_SIZE of 0.
      second.write(HTTP2Frame(kind: .settings, payload: [0, 4, 0, 0, 0, 0]).bytes)
      Self.awaitFrame(.headers, on: second)
      isRetrying.open()
      isSending.wait()
      let endsStreamAndHeaders: UInt8 = 0x5
      second.write(
        HTTP2Frame(kind: .headers, flags: endsStreamAndHeaders, stream: 1, payload: Self.trailersOnly).bytes
      )
      // Until the client is gone.
      while second.read() != nil {}
    }
  }

  deinit { listener.shutDown() }

  private static func awaitFrame(_ kind: HTTP2Frame.Kind, on socket: RawSocket) {
    var pending: [UInt8] = []
    while let bytes = socket.read() {
      pending += bytes
      if HTTP2Frame.take(from: &pending).contains(where: { $0.kind == kind }) { return }
    }
  }

  /// `:status` 200, from the static table, and literal fields that are not indexed (RFC 7541).
  private static let trailersOnly: [UInt8] =
    [0x88] + literal("content-type", "application/grpc") + literal("grpc-status", "13")

  private static func literal(_ name: String, _ value: String) -> [UInt8] {
    [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
  }
}
