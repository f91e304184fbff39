/// A number in JSON.
///
/// It is kept as text: a number of 64 bits has more digits than a `Double` holds.
struct JSONNumber {
  /// The number as it came.
  let text: ArraySlice<UInt8>

  private let isNegative: Bool
  private let whole: ArraySlice<UInt8>
  private let fraction: ArraySlice<UInt8>
  private let exponent: ArraySlice<UInt8>
  private let isExponentNegative: Bool

  /// The number that some bytes begin with, or nil if they do not begin with one.
  init?(prefixOf bytes: ArraySlice<UInt8>) {
    var rest = bytes
    func take(_ characters: Unicode.Scalar...) -> UInt8? {
      guard let first = rest.first, characters.contains(Unicode.Scalar(first)) else { return nil }
      return rest.popFirst()
    }
    func takeDigits() -> ArraySlice<UInt8> {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest[digits.endIndex...]
      return digits
    }
    isNegative = take("-") != nil
    whole = takeDigits()
    guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0") else { return nil }
    if take(".") != nil {
      fraction = takeDigits()
      guard !fraction.isEmpty else { return nil }
    } else {
      fraction = []
    }
    if take("e", "E") != nil {
      isExponentNegative = take("+", "-") == UInt8(ascii: "-")
      exponent = takeDigits()
      guard !exponent.isEmpty else { return nil }
    } else {
      isExponentNegative = false
      exponent = []
    }
    text = bytes[..<rest.startIndex]
  }

  /// The number that is the whole of some bytes, or nil if they are not one.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard let number = JSONNumber(prefixOf: bytes), number.text.count == bytes.count else { return nil }
    self = number
  }

  /// The nearest number of a type, or nil if it is infinite.
  func nearest<Number: BinaryFloatingPoint & LosslessStringConvertible>(_ type: Number.Type) -> Number? {
    guard let number = Number(String(decoding: text, as: UTF8.self)), number.isFinite else { return nil }
    return number
  }

  /// The number as an integer, or nil if it is none of that type.
  ///
  /// `1.0` and `1e2` are integers.
  func exactly<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    if fraction.isEmpty, exponent.isEmpty { return Number(String(decoding: text, as: UTF8.self)) }
    var digits = Array((whole + fraction).drop { $0 == UInt8(ascii: "0") })
    guard !digits.isEmpty else { return 0 }
    // An exponent of more digits than that is beyond all numbers that a text in memory can make up for.
    guard
      let magnitude = Int(String(decoding: exponent.drop { $0 == UInt8(ascii: "0") }.prefix(18), as: UTF8.self))
        ?? (exponent.allSatisfy { $0 == UInt8(ascii: "0") } ? 0 : nil)
    else { return nil }
    // How many zeros to add, or to take away.
    let shift = (isExponentNegative ? -magnitude : magnitude) - fraction.count
    if shift < 0 {
      guard digits.count > -shift, digits.suffix(-shift).allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
      digits.removeLast(-shift)
    } else {
      // No number of 64 bits has more than 20 digits.
      guard shift <= 20, digits.count + shift <= 20 else { return nil }
      digits += [UInt8](repeating: UInt8(ascii: "0"), count: shift)
    }
    return Number((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self))
  }
}
