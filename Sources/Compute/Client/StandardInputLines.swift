import Dispatch
import Glibc

/// The lines of standard input, read as they are asked for, without the line breaks (`\n` or `\r\n`).
struct StandardInputLines {
  /// A line that is not valid text, or an input that cannot be read.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private var pending: [UInt8] = []
  private var scanned = 0
  private var lineNumber = 0
  private var isAtEnd = false

  mutating func next() async throws -> String? {
    while true {
      if let end = pending[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = try text(of: pending[..<end])
        pending.removeFirst(end + 1)
        scanned = 0
        return line
      }
      scanned = pending.count
      if isAtEnd {
        let rest = pending
        pending = []
        scanned = 0
        return rest.isEmpty ? nil : try text(of: rest[...])
      }
      let chunk = try await Self.readChunk()
      isAtEnd = chunk.isEmpty
      pending += chunk
    }
  }

  private mutating func text(of line: ArraySlice<UInt8>) throws -> String {
    lineNumber += 1
    let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    guard let text = String(validating: content, as: UTF8.self) else {
      throw Failure(description: "standard input, line \(lineNumber): not valid UTF-8")
    }
    return text
  }

  /// Reads on a thread of Dispatch's, so that waiting for input does not block a thread of Swift's pool.
  private static func readChunk() async throws -> [UInt8] {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        var failure: Int32 = 0
        // `read` fills as many bytes as it returns, at most the buffer's count.
        let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
          var result = 0
          repeat {
            result = unsafe read(STDIN_FILENO, buffer.baseAddress, buffer.count)
          } while result < 0 && errno == EINTR
          if result < 0 { failure = errno }
          count = max(0, result)
        }
        if failure == 0 {
          continuation.resume(returning: chunk)
        } else {
          let reason = unsafe String(cString: strerror(failure))
          continuation.resume(throwing: Failure(description: "standard input cannot be read: \(reason)"))
        }
      }
    }
  }
}
