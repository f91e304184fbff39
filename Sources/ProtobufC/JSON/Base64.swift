/// Bytes as text of 64 characters.
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The values of the characters of base64 and of base64url; 0xFF of all others.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xFF, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    values[Int(UInt8(ascii: "-"))] = 62
    values[Int(UInt8(ascii: "_"))] = 63
    return values
  }()

  /// Appends bytes as base64 with padding.
  static func append(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
    let alphabet = alphabet
    output.reserveCapacity(output.count + (bytes.count + 2) / 3 * 4)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let count = min(3, bytes.endIndex - index)
      var group = 0
      for offset in 0..<3 { group = group << 8 | (offset < count ? Int(bytes[index + offset]) : 0) }
      for character in 0..<4 {
        output.append(character > count ? UInt8(ascii: "=") : alphabet[group >> (18 - 6 * character) & 63])
      }
      index += count
    }
  }

  /// The bytes of a text in base64 or base64url, with padding or without; nil if it is neither.
  static func bytes(of text: ArraySlice<UInt8>) -> [UInt8]? {
    var text = text
    var padding = 0
    while padding < 2, text.last == UInt8(ascii: "=") {
      text.removeLast()
      padding += 1
    }
    guard text.count % 4 != 1, padding == 0 || (text.count + padding) % 4 == 0 else { return nil }
    let values = values
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count * 3 / 4)
    var group = 0
    var bitCount = 0
    for character in text {
      let value = values[Int(character)]
      guard value != 0xFF else { return nil }
      group = (group << 6 | Int(value)) & 0xFFFF
      bitCount += 6
      if bitCount >= 8 {
        bitCount -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> bitCount))
      }
    }
    return bytes
  }
}
