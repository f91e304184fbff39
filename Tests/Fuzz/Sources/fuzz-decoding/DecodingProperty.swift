@testable import ProtobufC

/// The property that holds for all bytes.
///
/// They are refused, or are a message that encodes to bytes which are the same message again. In how many pieces the
/// bytes come makes no difference.
struct DecodingProperty<Value: Message> {
  /// Whether a number in the message is not equal to itself.
  let holdsNaN: (Value) -> Bool

  // Tight, so that inputs of some kilobytes reach them.
  private let limits = DecodingLimits(maxDepth: 30, maxMemoryBytes: 64 << 10)

  func check(_ bytes: [UInt8]) {
    let whole = decode(bytes)
    var splitting = Splitting(of: bytes)
    let inPieces = splitting.withPieces(of: bytes) { decode($0) }
    switch (whole, inPieces) {
    case (.success(let value), .success(let other)):
      require(same(value, other), "the message differs when its bytes come in pieces")
      checkEncoding(of: value)
    case (.failure(let error), .failure(let other)):
      require(error.code == other.code, "in one piece: \(error), in several: \(other)")
    default:
      fail("in one piece: \(outcome(whole)), in several: \(outcome(inPieces))")
    }
  }

  private func checkEncoding(of value: Value) {
    let encoded = value.serializedBytes()
    do {
      // A map's entry without a key is longer when it is written: what was within the limits may be beyond them now.
      let again = try Value(serializedBytes: encoded)
      require(same(value, again), "the message differs when it was encoded and decoded")
      require(again.serializedBytes().count == encoded.count, "the second encoding is longer or shorter than the first")
    } catch {
      fail("what was encoded cannot be decoded: \(error)")
    }
  }

  private func same(_ value: Value, _ other: Value) -> Bool {
    value == other || holdsNaN(value) && holdsNaN(other)
  }

  private func decode(_ bytes: [UInt8]) -> Result<Value, BinaryDecodingError> {
    Result { () throws(BinaryDecodingError) in try Value(serializedBytes: bytes, limits: limits) }
  }

  private func decode(_ pieces: UnsafeBufferPointer<UnsafeRawBufferPointer>) -> Result<Value, BinaryDecodingError> {
    Result { () throws(BinaryDecodingError) in
      try Value(serializedBytes: SerializedBytes(unsafePieces: pieces), limits: limits)
    }
  }

  private func outcome(_ result: Result<Value, BinaryDecodingError>) -> String {
    switch result {
    case .success: "a message"
    case .failure(let error): error.description
    }
  }

  private func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fail(message()) }
  }

  /// Ends the process, which makes libFuzzer keep the bytes.
  private func fail(_ message: String) -> Never {
    fatalError("\(Value.protoMessageName): \(message)")
  }
}
