import CoreGRPC
import Foundation

/// A connection of a client that writes what the test says, and notes what the server writes.
///
/// Settings are answered, and pings, if the test does not say otherwise.
package final class RawConnection: Sendable {
  private let frames: AsyncStream<HTTP2Frame>
  private let socket: RawSocket
  private let noted = Locked<[HTTP2Frame]>([])

  /// Connects.
  ///
  /// - Parameters:
  ///   - settings: What the client says of itself.
  ///   - answersPings: Whether pings are answered. Without an answer, a server that shuts down does not know which
  ///     calls have come.
  package init(toPort port: Int, settings: HTTP2Frame = .settings(), answersPings: Bool = true) {
    let (frames, continuation) = AsyncStream.makeStream(of: HTTP2Frame.self)
    let socket = RawSocket.connected(toPort: port)
    self.frames = frames
    self.socket = socket
    socket.write(HTTP2Frame.preface + settings.bytes)
    Thread.detachNewThread {
      var pending: [UInt8] = []
      while let bytes = socket.read() {
        pending += bytes
        for frame in HTTP2Frame.take(from: &pending) {
          if frame.kind == .settings, frame.flags & 1 == 0 {
            socket.write(HTTP2Frame(kind: .settings, flags: 1).bytes)
          }
          if answersPings, let pong = frame.pong { socket.write(pong.bytes) }
          continuation.yield(frame)
        }
      }
      continuation.finish()
    }
  }

  deinit { socket.shutDown() }

  package func send(_ frames: HTTP2Frame...) { send(frames) }

  package func send(_ frames: [HTTP2Frame]) { socket.write(frames.bytes) }

  package func close() { socket.shutDown() }

  /// Waits for a frame.
  ///
  /// - Returns: `nil`, if the server closes the connection before.
  @discardableResult
  package func frame(where isWanted: (HTTP2Frame) -> Bool) async -> HTTP2Frame? {
    for await frame in frames {
      noted.withLock { $0.append(frame) }
      if isWanted(frame) { return frame }
    }
    return nil
  }

  /// Waits until the server has closed the connection.
  package func closed() async { await frame { _ in false } }

  /// All frames so far.
  package var allFrames: [HTTP2Frame] { noted.withLock { $0 } }

  /// All frames of a stream so far.
  package func frames(of stream: UInt32) -> [HTTP2Frame] { noted.withLock { $0.filter { $0.stream == stream } } }
}
