import CoreGRPC
import Foundation

/// Collects what comes out of a pipe.
final class Capture: Sendable {
  let pipe = Pipe(closingOnExec: ())
  let lines: AsyncStream<String>
  let finished = Gate()
  private let continuation: AsyncStream<String>.Continuation
  private let bytes = Locked<[UInt8]>([])

  init() { (lines, continuation) = AsyncStream.makeStream() }

  var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

  func begin() {
    // A thread that blocks: reading must go on whatever the tasks do.
    let thread = Thread { [self] in
      var line: [UInt8] = []
      while true {
        let chunk = pipe.fileHandleForReading.availableData
        if chunk.isEmpty { break }
        bytes.withLock { $0 += chunk }
        for byte in chunk {
          if byte == UInt8(ascii: "\n") {
            continuation.yield(String(decoding: line, as: UTF8.self))
            line = []
          } else {
            line.append(byte)
          }
        }
      }
      continuation.finish()
      finished.open()
    }
    thread.start()
  }
}
