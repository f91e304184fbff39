/// A message of each shape.
///
/// Fields are set one by one: not every library has initializers for them.
enum Samples {
  static func flat(_ number: Int32) -> Shapes_Flat {
    var flat = Shapes_Flat()
    flat.id = number
    flat.offset = -1_234_567
    flat.hash = 0x0123_4567_89AB_CDEF
    flat.ratio = 0.5
    flat.weight = 2.5
    flat.isActive = true
    flat.level = .high
    flat.revision = 7
    return flat
  }

  static func nested(levels: Int) -> Shapes_Nested {
    var nested = Shapes_Nested()
    nested.flat = flat(1)
    if levels > 1 { nested.next = Self.nested(levels: levels - 1) }
    nested.flats = [flat(2), flat(3)]
    return nested
  }

  static var numbers: Shapes_Numbers {
    var numbers = Shapes_Numbers()
    numbers.integers = (0..<100).map { $0 * $0 }
    numbers.doubles = (0..<100).map { Double($0) / 3 }
    numbers.flags = (0..<100).map { $0.isMultiple(of: 3) }
    return numbers
  }

  static var maps: Shapes_Maps {
    var maps = Shapes_Maps()
    // Without 0: one library writes the defaults of an entry, another does not.
    for number in 1...10 {
      maps.counts["key \(number)"] = Int64(number)
      maps.flats[Int32(number)] = flat(Int32(number))
    }
    return maps
  }

  static var strings: Shapes_Strings {
    var strings = Shapes_Strings()
    strings.name = "Ada"
    strings.text = String(repeating: "The quick brown fox. ", count: 20)
    strings.tags = (0..<20).map { "a tag with the number \($0)" }
    strings.data = .init(repeating: 7, count: 500)
    return strings
  }
}
