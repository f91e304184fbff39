internal import ProtobufC

extension Message {
  /// The message on the wire, in hexadecimal digits.
  var hex: String {
    serializedBytes().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0\(digits)" : digits
    }
    .joined()
  }
}
