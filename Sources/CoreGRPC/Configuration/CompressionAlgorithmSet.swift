extension Compression {
  /// Ways to compress messages.
  public struct AlgorithmSet: OptionSet, Sendable, Hashable {
    /// The set's bits, one an algorithm.
    public let rawValue: UInt8

    /// Creates a set of bits; those without a meaning are dropped.
    public init(rawValue: UInt8) { self.rawValue = rawValue & 0b110 }

    // The bits are those of C-core's `grpc_compression_algorithm`.

    /// DEFLATE in zlib's format.
    public static let deflate = AlgorithmSet(rawValue: 1 << 1)

    /// DEFLATE in gzip's format.
    public static let gzip = AlgorithmSet(rawValue: 1 << 2)

    /// Every algorithm.
    public static let all: AlgorithmSet = [.deflate, .gzip]
  }
}
