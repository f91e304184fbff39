extension Compression {
  /// A way to compress messages.
  public struct Algorithm: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String {
      case identity, deflate, gzip
    }

    private let value: Value

    /// No compression.
    public static var identity: Algorithm { Algorithm(value: .identity) }

    /// DEFLATE in zlib's format.
    public static var deflate: Algorithm { Algorithm(value: .deflate) }

    /// DEFLATE in gzip's format.
    public static var gzip: Algorithm { Algorithm(value: .gzip) }

    /// C-core's level for a server that prefers this algorithm.
    var serverLevel: Int {
      switch value {
      case .identity: 0
      case .gzip: 1
      case .deflate: 3
      }
    }

    /// The name on the wire.
    public var description: String { value.rawValue }
  }
}
