import Testing

@testable import CoreGRPC
@testable import CoreGRPCProtobuf
@testable import ProtobufC

@Suite struct DeserializingTests {
  /// A message that is nothing but what it was decoded from.
  private struct Witness: Message {
    static let protoMessageName = "test.Witness"
    static let protoFileDescriptor = ProtoFileDescriptor(name: "test.proto", dependencies: [], latin1: "")

    var unknownFields = UnknownFields()
    var byteCount = 0
    var pieceCount = 0

    init() {}

    init(serializedBytes bytes: borrowing SerializedBytes, limits: DecodingLimits) throws(BinaryDecodingError) {
      byteCount = bytes.byteCount
      pieceCount = bytes.source.pieceCount
    }

    func serialize<Buffer: ~Copyable, Failure: Error>(
      into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
    ) throws(Failure) -> Buffer {
      try makeBuffer(0) { _ in }
    }

    var debugDescription: String { "" }
  }

  /// As gRPC receives it: a large message is in several slices.
  private func receivedBuffer(byteCount: Int) -> MessageBuffer {
    var slices = GrowingSlices()
    while slices.byteCount < byteCount {
      let rest = byteCount - slices.byteCount
      slices.extend { room in
        let count = min(room.count, rest)
        room.prefix(count).initialize(repeating: 0)
        return count
      }
    }
    return slices.finish()
  }

  @Test(arguments: [0, 1, 1024, 1025, 1 << 20])
  func piecesAreNotJoined(byteCount: Int) throws {
    let buffer = receivedBuffer(byteCount: byteCount)
    let pieceCount = buffer.withUnsafePieces { $0.count }
    #expect((pieceCount > 1) == (byteCount > 1024))
    let witness = try ProtobufDeserializer<Witness>().deserialize(buffer)
    #expect(witness.byteCount == byteCount)
    #expect(witness.pieceCount == max(1, pieceCount))
    // What other deserializers get.
    let joined = buffer.withBytes { $0.byteCount }
    #expect(joined == byteCount)
  }
}
