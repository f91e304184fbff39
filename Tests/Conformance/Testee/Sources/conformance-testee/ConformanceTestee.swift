import Foundation
import ProtobufC

/// Answers the requests of Google's conformance runner: each is four bytes of length and a message, and so is each
/// answer.
@main
enum ConformanceTestee {
  static func main() throws {
    let input = FileHandle.standardInput
    let output = FileHandle.standardOutput
    while let size = try input.read(upToCount: 4), size.count == 4 {
      let count = size.reversed().reduce(0) { $0 << 8 | Int($1) }
      let bytes = [UInt8](count == 0 ? Data() : try input.read(upToCount: count) ?? Data())
      guard bytes.count == count else { throw TruncatedRequest() }
      let answer = try Conformance_ConformanceRequest(serializedBytes: bytes).answered.serializedBytes()
      let answerSize = withUnsafeBytes(of: UInt32(answer.count).littleEndian) { Data($0) }
      try output.write(contentsOf: answerSize + Data(answer))
    }
  }
}

private struct TruncatedRequest: Error {}
