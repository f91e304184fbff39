/// A set of compression algorithms.
public struct CompressionAlgorithmSet: OptionSet, Sendable, Hashable {
  /// The set's bits, one an algorithm.
  public let rawValue: UInt8

  /// Creates a set from bits, without those that have no meaning.
  public init(rawValue: UInt8) { self.rawValue = rawValue & 0b110 }

  // The bits are those of C-core's `grpc_compression_algorithm`.

  /// DEFLATE in zlib's format.
  public static let deflate = CompressionAlgorithmSet(rawValue: 1 << 1)

  /// DEFLATE in gzip's format.
  public static let gzip = CompressionAlgorithmSet(rawValue: 1 << 2)

  /// Every algorithm.
  public static let all: CompressionAlgorithmSet = [.deflate, .gzip]

  /// Whether an algorithm is in the set; that of no compression always is.
  ///
  /// - Parameter algorithm: The algorithm.
  public func contains(_ algorithm: CompressionAlgorithm) -> Bool {
    switch algorithm {
    case .deflate: isSuperset(of: .deflate)
    case .gzip: isSuperset(of: .gzip)
    default: true
    }
  }

  /// The value of `grpc-accept-encoding`.
  var acceptedEncodings: String {
    let encodings: [CompressionAlgorithm] = [.identity, .deflate, .gzip]
    return encodings.filter(contains).map(\.description).joined(separator: ", ")
  }
}
