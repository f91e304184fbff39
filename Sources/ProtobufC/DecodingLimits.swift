/// What decoding one message may cost.
///
/// The bytes of a message come from a peer, and a small message can ask for much: each level of nesting takes stack, and
/// an empty sub-message takes two bytes on the wire but some two hundred in memory. Decoding that reaches a limit fails
/// with a ``DecodingError`` and gives back what it had taken.
public struct DecodingLimits: Sendable, Hashable {
  /// How deep sub-messages may nest below the message that is decoded.
  ///
  /// That message is itself at depth 0, and a map's entry is a sub-message. 100 unless set, the customary limit of
  /// protobuf's implementations.
  public var maximumDepth: Int

  /// How many bytes of stack decoding may take once sub-messages nest deeper than a few levels.
  ///
  /// 320 KiB unless set, for threads of 512 KiB. A level takes 1 to 2 KiB, and more if a message has many fields. To
  /// raise ``maximumDepth`` by much, raise this limit too, on a thread that has the stack. A message beyond it is
  /// refused as too deep.
  public var maximumStack: Int

  /// How many bytes of memory decoding may take, beside the Swift values that come out of it.
  ///
  /// 64 MiB unless set: sixteen times the 4 MiB that gRPC lets a message have by default. The content of strings and bytes
  /// does not count, because it is copied straight into the values; a string itself takes some 100 bytes, and a sub-message
  /// what its struct in C takes and some 30 more.
  public var maximumMemory: Int

  /// Creates limits; a parameter that is left out has its default.
  ///
  /// - Parameters:
  ///   - maximumDepth: how deep sub-messages may nest.
  ///   - maximumStack: how many bytes of stack decoding may take.
  ///   - maximumMemory: how many bytes of memory decoding may take.
  public init(maximumDepth: Int = 100, maximumStack: Int = 320 << 10, maximumMemory: Int = 64 << 20) {
    self.maximumDepth = maximumDepth
    self.maximumStack = maximumStack
    self.maximumMemory = maximumMemory
  }
}
