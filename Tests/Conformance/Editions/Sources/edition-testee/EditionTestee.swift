import Foundation
import ProtobufC
import ProtobufCJSON

/// Answers messages on standard input with the same ones, decoded and encoded again.
///
/// A question is a name of a message type and the encoded message, an answer the message and the same in JSON. Before
/// each of these is its length, in four bytes. A message that is refused has an empty answer and an empty JSON.
@main
struct EditionTestee {
  static func main() throws {
    while let name = try read(), let message = try read() {
      let name = String(decoding: name, as: UTF8.self)
      guard let type = messageTypes.first(where: { $0.protoMessageName == name }) else {
        fatalError("there is no message \(name)")
      }
      let decoded = try? type.init(serializedBytes: message)
      try write(decoded.map { [1] + $0.serializedBytes() } ?? [])
      try write((try? decoded?.jsonUTF8Bytes()) ?? [])
    }
  }

  private static func read() throws -> [UInt8]? {
    guard let prefix = try read(byteCount: 4) else { return nil }
    return try read(byteCount: prefix.reversed().reduce(0) { $0 << 8 | Int($1) })
  }

  private static func read(byteCount: Int) throws -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
      guard let more = try FileHandle.standardInput.read(upToCount: byteCount - bytes.count), !more.isEmpty else {
        return nil
      }
      bytes += more
    }
    return bytes
  }

  private static func write(_ bytes: [UInt8]) throws {
    let prefix = (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) }
    try FileHandle.standardOutput.write(contentsOf: Data(prefix + bytes))
  }
}
