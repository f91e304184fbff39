/// Percent-encoding in the addresses and targets that C-core takes for URIs.
extension String {
  /// The text with the characters encoded that end the path of a URI, which C-core takes an address for.
  var percentEncoded: String {
    guard utf8.contains(where: { "%?#".utf8.contains($0) }) else { return self }
    return reduce(into: "") { text, character in
      switch character {
      case "%": text += "%25"
      case "?": text += "%3F"
      case "#": text += "%23"
      default: text.append(character)
      }
    }
  }

  /// The text with the bytes in place that are encoded as `%` and two hexadecimal digits.
  var percentDecoded: String {
    guard utf8.contains(UInt8(ascii: "%")) else { return self }
    var bytes: [UInt8] = []
    var rest = Array(utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
        let decoded = UInt8(digits, radix: 16)
      {
        bytes.append(decoded)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
