import CoreGRPC
import Foundation
import TestSupport

/// A connection of a client that writes what the test says, and notes what the server writes.
///
/// Settings and pings are answered.
final class RawConnection: Sendable {
  private let frames: AsyncStream<HTTP2Frame>
  private let socket: RawSocket
  private let noted = Locked<[HTTP2Frame]>([])

  /// Connects.
  ///
  /// - Parameter settings: What the client says of itself.
  init(toPort port: Int, settings: HTTP2Frame = .settings()) {
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
          if let pong = frame.pong { socket.write(pong.bytes) }
          continuation.yield(frame)
        }
      }
      continuation.finish()
    }
  }

  deinit { socket.shutDown() }

  func send(_ frames: HTTP2Frame...) { socket.write(frames.bytes) }

  func close() { socket.shutDown() }

  /// Waits for a frame.
  ///
  /// - Returns: `nil`, if the server closes the connection before.
  @discardableResult
  func frame(where isWanted: (HTTP2Frame) -> Bool) async -> HTTP2Frame? {
    for await frame in frames {
      noted.withLock { $0.append(frame) }
      if isWanted(frame) { return frame }
    }
    return nil
  }

  /// Waits until the server has closed the connection.
  func closed() async { await frame { _ in false } }

  /// All frames of a stream so far.
  func frames(of stream: UInt32) -> [HTTP2Frame] { noted.withLock { $0.filter { $0.stream == stream } } }
}
