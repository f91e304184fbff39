import Foundation
import TestSupport

/// A server that opens HTTP/2 connections, notes what comes, and answers nothing but, if asked, pings.
final class RawServer: Sendable {
  enum Event: Sendable {
    case accepted(connection: Int)
    case bytes(connection: Int, [UInt8])
    case frame(connection: Int, HTTP2Frame)
    case closed(connection: Int)
  }

  /// The events, for one consumer.
  let events: AsyncStream<Event>
  private let listener = RawSocket.listening()

  var target: String { "ipv4:127.0.0.1:\(listener.port)" }
  var port: Int { listener.port }

  init(answersPings: Bool = false) {
    let (events, continuation) = AsyncStream.makeStream(of: Event.self)
    self.events = events
    let listener = listener
    Thread.detachNewThread {
      var count = 0
      while let socket = listener.accept() {
        count += 1
        let connection = count
        continuation.yield(.accepted(connection: connection))
        Thread.detachNewThread {
          socket.write(HTTP2Frame(kind: .settings).bytes)
          var pending: [UInt8] = []
          while let bytes = socket.read() {
            continuation.yield(.bytes(connection: connection, bytes))
            pending += bytes
            for frame in HTTP2Frame.take(from: &pending) {
              continuation.yield(.frame(connection: connection, frame))
              if answersPings, let pong = frame.pong { socket.write(pong.bytes) }
            }
          }
          continuation.yield(.closed(connection: connection))
        }
      }
      continuation.finish()
    }
  }

  deinit { listener.shutDown() }

  /// Waits for a frame.
  func firstFrame(where isWanted: (HTTP2Frame) -> Bool) async -> HTTP2Frame? {
    for await event in events {
      if case .frame(_, let frame) = event, isWanted(frame) { return frame }
    }
    return nil
  }
}
