import Foundation
import TestSupport

/// Sends a gRPC request that no gRPC library would, in hand-made HTTP/2.
struct RawHTTP2Client {
  let port: UInt16

  /// Starts a call and leaves its connection open.
  ///
  /// - Returns: The process that holds the connection.
  func call(_ headers: KeyValuePairs<String, String>) async throws -> ChildProcess {
    let required: KeyValuePairs = [
      ":method": "POST", ":scheme": "http", ":path": "/test.Test/Unary", ":authority": "test",
      "content-type": "application/grpc", "te": "trailers",
    ]
    let block = (Array(required) + Array(headers)).flatMap { literal($0.key) + literal($0.value, before: []) }
    let bytes =
      Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
      + frame(type: 4, flags: 0, stream: 0, [])  // SETTINGS, all defaults
      + frame(type: 1, flags: 0x4, stream: 1, block)  // HEADERS, the whole block
    // Bash connects, so that no test has to deal with sockets.
    let script = "exec 3<>/dev/tcp/127.0.0.1/\(port); exec cat >&3"
    let process = try ChildProcess(URL(filePath: "/bin/bash"), ["-c", script])
    try process.write(bytes)
    return process
  }

  /// A string of a header field that enters no table, without Huffman coding.
  private func literal(_ text: String, before prefix: [UInt8] = [0]) -> [UInt8] {
    precondition(text.utf8.count < 127, "a length of more than 7 bits is not needed here")
    return prefix + [UInt8(text.utf8.count)] + Array(text.utf8)
  }

  private func frame(type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
    let count = payload.count
    return [UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags, 0, 0, 0, stream]
      + payload
  }
}
