@testable import CoreGRPC

extension MessageBuffer {
  /// A message in pieces: as many as it takes when one is written whose size is not known.
  static func inPieces(_ bytes: [UInt8]) -> MessageBuffer {
    var slices = GrowingSlices()
    while slices.byteCount < bytes.count {
      let rest = bytes[slices.byteCount...]
      slices.extend { room in
        let count = min(room.count, rest.count)
        _ = room.initialize(fromContentsOf: rest.prefix(count))
        return count
      }
    }
    return slices.finish()
  }
}
