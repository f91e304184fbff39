/// The limits of the cost of decoding one message.
///
/// A peer chooses the bytes of a message, and a small message can cost much: each level of nesting takes stack, and an
/// empty sub-message takes two bytes on the wire but some two hundred in memory. Decoding that reaches a limit throws a
/// ``BinaryDecodingError`` and releases its memory.
public struct DecodingLimits: Sendable, Hashable {
  /// The largest depth of nested sub-messages.
  ///
  /// Defaults to 100, the customary limit of protobuf's implementations. The decoded message itself is at depth 0, and
  /// a map's entry is a sub-message.
  public var maxDepth: Int

  /// The largest part of the stack that decoding may use once sub-messages nest deeper than a few levels, in bytes.
  ///
  /// Defaults to 320 KiB, for threads with 512 KiB. A level takes 1 to 2 KiB, and more if a message has many fields. To
  /// raise ``maxDepth`` by much, raise this limit too, on a thread that has the stack. A message beyond it is too
  /// deep.
  public var maxStackBytes: Int

  /// The largest memory that decoding may use, apart from the Swift values that result, in bytes.
  ///
  /// Defaults to 64 MiB: sixteen times the 4 MiB that gRPC allows a message by default. The content of strings and
  /// bytes does not count, because it is copied directly into the values. A string itself takes some 100 bytes, and a
  /// sub-message the size of its struct in C and some 30 bytes.
  public var maxMemoryBytes: Int

  /// Creates limits.
  ///
  /// - Parameters:
  ///   - maxDepth: The largest depth of nested sub-messages. Defaults to 100.
  ///   - maxStackBytes: The largest part of the stack, in bytes. Defaults to 320 KiB.
  ///   - maxMemoryBytes: The largest memory, in bytes. Defaults to 64 MiB.
  public init(maxDepth: Int = 100, maxStackBytes: Int = 320 << 10, maxMemoryBytes: Int = 64 << 20) {
    self.maxDepth = maxDepth
    self.maxStackBytes = maxStackBytes
    self.maxMemoryBytes = maxMemoryBytes
  }
}
