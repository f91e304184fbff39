import ProtobufC

/// Encodes or decodes a message of one shape, so often that its instructions can be counted.
@main
enum BenchMessages {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 3, let shape = Shape(rawValue: arguments[1]), let count = Int(arguments[3]),
      ["encode", "decode"].contains(arguments[2])
    else {
      print("usage: bench-messages flat|nested|numbers|maps|strings encode|decode COUNT")
      return
    }
    let isEncoding = arguments[2] == "encode"
    let byteCount =
      switch shape {
      case .flat: run(Samples.flat(1), isEncoding, count)
      case .nested: run(Samples.nested(levels: 4), isEncoding, count)
      case .numbers: run(Samples.numbers, isEncoding, count)
      case .maps: run(Samples.maps, isEncoding, count)
      case .strings: run(Samples.strings, isEncoding, count)
      }
    print(byteCount)
  }

  /// Returns how many bytes all messages have together.
  @inline(never)
  private static func run<Value: Message>(_ message: Value, _ isEncoding: Bool, _ count: Int) -> Int {
    let bytes = message.serializedBytes()
    var sum = 0
    for _ in 0..<count {
      if isEncoding {
        sum += message.serializedBytes().count
      } else {
        guard (try? Value(serializedBytes: bytes)) != nil else { preconditionFailure("it is what was encoded") }
        sum += bytes.count
      }
    }
    return sum
  }
}

/// The shapes of messages.
enum Shape: String {
  case flat, nested, numbers, maps, strings
}

/// A message of each shape.
enum Samples {
  static func flat(_ number: Int32) -> Shapes_Flat {
    Shapes_Flat(
      id: number,
      offset: -1_234_567,
      hash: 0x0123_4567_89AB_CDEF,
      ratio: 0.5,
      weight: 2.5,
      isActive: true,
      level: .high,
      revision: 7
    )
  }

  static func nested(levels: Int) -> Shapes_Nested {
    Shapes_Nested(
      flat: flat(1),
      next: levels > 1 ? nested(levels: levels - 1) : nil,
      flats: [flat(2), flat(3)]
    )
  }

  static var numbers: Shapes_Numbers {
    Shapes_Numbers(
      integers: (0..<100).map { $0 * $0 },
      doubles: (0..<100).map { Double($0) / 3 },
      flags: (0..<100).map { $0.isMultiple(of: 3) }
    )
  }

  static var maps: Shapes_Maps {
    var maps = Shapes_Maps()
    for number in 0..<10 {
      maps.counts["key \(number)"] = Int64(number)
      maps.flats[Int32(number)] = flat(Int32(number))
    }
    return maps
  }

  static var strings: Shapes_Strings {
    Shapes_Strings(
      name: "Ada",
      text: String(repeating: "The quick brown fox. ", count: 20),
      tags: (0..<20).map { "a tag with the number \($0)" },
      data: [UInt8](repeating: 7, count: 500)
    )
  }
}
