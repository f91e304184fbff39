import Foundation
import TestSupport

/// A server that answers its first call with bytes of the test's choice, and every later one with an echo.
final class ScriptedServer: Sendable {
  /// The answer to the first call.
  struct Script: Sendable {
    /// The bytes with which the first connection begins.
    var greeting = HTTP2Frame.settings().bytes
    /// Whether the bytes are sent when the request has come, and not with the greeting.
    var waitsForRequest = true
    /// The bytes that answer a request on a stream.
    var answer: @Sendable (_ stream: UInt32) -> [UInt8] = { _ in [] }
    /// Whether the connection is closed after the answer.
    var closes = false
  }

  private let listener = RawSocket.listening()

  var target: String { "ipv4:127.0.0.1:\(listener.port)" }

  init(_ script: Script) {
    let listener = listener
    let calls = Counter()
    Thread.detachNewThread {
      var script: Script? = script
      while let socket = listener.accept() {
        let first = script.take()
        Thread.detachNewThread { Self.serve(socket, first, calls) }
      }
    }
  }

  deinit { listener.shutDown() }

  private static func serve(_ socket: RawSocket, _ script: Script?, _ calls: Counter) {
    socket.write(script?.greeting ?? HTTP2Frame.settings().bytes)
    if let script, !script.waitsForRequest {
      calls.add()
      socket.write(script.answer(1))
      if script.closes { return socket.shutDown() }
    }
    var pending: [UInt8] = []
    var messages: [UInt32: [UInt8]] = [:]
    while let bytes = socket.read() {
      pending += bytes
      for frame in HTTP2Frame.take(from: &pending) {
        switch frame.kind {
        case .settings where frame.flags & 1 == 0: socket.write(HTTP2Frame(kind: .settings, flags: 1).bytes)
        case .data: messages[frame.stream, default: []] += frame.payload
        default: break
        }
        if let pong = frame.pong { socket.write(pong.bytes) }
        guard [.data, .headers].contains(frame.kind), frame.flags & HTTP2Frame.endsStream != 0 else { continue }
        if calls.add() == 1, let script {
          socket.write(script.answer(frame.stream))
          if script.closes { return socket.shutDown() }
        } else {
          socket.write(echo(messages[frame.stream] ?? [], stream: frame.stream))
        }
      }
    }
  }

  /// A good answer.
  static func echo(_ message: [UInt8], stream: UInt32) -> [UInt8] {
    [
      .response(stream: stream), .data(message, stream: stream),
      .trailers([("grpc-status", "0")], stream: stream),
    ].bytes
  }
}
