/// The paths of a field mask in JSON.
enum FieldMaskText {
  /// A path in `lowerCamelCase`, or nil if that could not be read as the same path again.
  static func jsonPath(of path: String) -> String? {
    var result: [UInt8] = []
    var isAfterUnderscore = false
    for byte in path.utf8 {
      switch byte {
      case UInt8(ascii: "_") where !isAfterUnderscore:
        isAfterUnderscore = true
        continue
      case UInt8(ascii: "a")...UInt8(ascii: "z"):
        result.append(isAfterUnderscore ? byte - 0x20 : byte)
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
        guard !isAfterUnderscore else { return nil }
        result.append(byte)
      default: return nil
      }
      isAfterUnderscore = false
    }
    return isAfterUnderscore ? nil : String(decoding: result, as: UTF8.self)
  }

  /// A path in `snake_case`, or nil if this is none in `lowerCamelCase`.
  static func path(ofJSONPath path: ArraySlice<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    for byte in path {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"):
        result.append(UInt8(ascii: "_"))
        result.append(byte + 0x20)
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
        result.append(byte)
      default: return nil
      }
    }
    return result
  }
}
