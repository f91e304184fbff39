import Foundation

/// A client that opens an HTTP/2 connection and then does what the test says.
package enum RawClient {
  /// Sends bytes to a server, and reads its frames until it closes the connection or the test has seen enough.
  ///
  /// - Parameters:
  ///   - answer: What to answer to a frame. By default pings are answered: a server that ends a connection gracefully
  ///     waits for that.
  ///   - isEnough: Called for each frame.
  package static func frames(
    fromPort port: Int,
    sending bytes: [UInt8] = HTTP2Frame.preface + HTTP2Frame(kind: .settings).bytes,
    answering answer: @escaping @Sendable (HTTP2Frame) -> HTTP2Frame? = \.pong,
    until isEnough: @escaping @Sendable (HTTP2Frame) -> Bool = { _ in false }
  ) async -> [HTTP2Frame] {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let socket = RawSocket.connected(toPort: port)
        socket.write(bytes)
        var frames: [HTTP2Frame] = []
        var pending: [UInt8] = []
        reading: while let bytes = socket.read() {
          pending += bytes
          for frame in HTTP2Frame.take(from: &pending) {
            frames.append(frame)
            if isEnough(frame) { break reading }
            if let answer = answer(frame) { socket.write(answer.bytes) }
          }
        }
        continuation.resume(returning: frames)
      }
    }
  }
}
