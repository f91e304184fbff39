/// Encodes or decodes a message of one shape, so often that its instructions can be counted.
///
/// The same source is built with each library.
@main
enum Program {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard let shape = arguments.first.flatMap(Shape.init), let work = Work(arguments.dropFirst()) else {
      print("usage: flat|nested|numbers|maps|strings encode|decode COUNT")
      return
    }
    switch shape {
    case .flat: try run(Samples.flat(1), work)
    case .nested: try run(Samples.nested(levels: 4), work)
    case .numbers: try run(Samples.numbers, work)
    case .maps: try run(Samples.maps, work)
    case .strings: try run(Samples.strings, work)
    }
  }

  /// Works, and prints the last message's bytes.
  @inline(never)
  private static func run<Value: CountedMessage>(_ message: Value, _ work: Work) throws {
    var bytes = try message.encoded()
    switch work {
    case .encode(let count):
      for _ in 0..<count { bytes = try message.encoded() }
    case .decode(let count):
      // Compared below, so that no part of the decoding is left out.
      var decoded = message
      for _ in 0..<count { decoded = try Value.decoded(bytes) }
      precondition(decoded == message, "the decoded message is another")
    }
    print(bytes)
  }
}

/// The shapes of messages.
private enum Shape: String {
  case flat, nested, numbers, maps, strings
}

/// The work of the program on a message.
private enum Work {
  /// Encodes it, so many times.
  case encode(Int)

  /// Decodes it, so many times.
  case decode(Int)

  init?(_ arguments: ArraySlice<String>) {
    guard arguments.count == 2, let count = arguments.last.flatMap(Int.init) else { return nil }
    switch arguments.first {
    case "encode": self = .encode(count)
    case "decode": self = .decode(count)
    default: return nil
    }
  }
}
