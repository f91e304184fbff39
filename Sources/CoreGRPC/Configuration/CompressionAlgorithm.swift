/// A compression algorithm.
public struct CompressionAlgorithm: Sendable, Hashable, CustomStringConvertible {
  private enum Value: String {
    case identity, deflate, gzip
  }

  private let value: Value

  /// No compression.
  ///
  /// Not `none`, as in grpc-swift-2: where an algorithm is optional, `.none` is `nil`, which leaves the choice open.
  public static var identity: CompressionAlgorithm { CompressionAlgorithm(value: .identity) }

  /// DEFLATE in zlib's format.
  public static var deflate: CompressionAlgorithm { CompressionAlgorithm(value: .deflate) }

  /// DEFLATE in gzip's format.
  public static var gzip: CompressionAlgorithm { CompressionAlgorithm(value: .gzip) }

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
