/// The compression of messages that a channel or a server sends, and the algorithms that it accepts.
///
/// Both are off by default, and independent of each other. A client that sends much and receives little may send with
/// gzip and accept no compression.
///
/// The library inflates a message no further than the largest message that it receives. Beyond it the call ends with
/// RESOURCE_EXHAUSTED. (C-core would inflate the message in full before it checks the size.) The limits of a service
/// config are C-core's, and apply to the compressed message. `grpc.per_message_decompression` among the additional
/// arguments leaves inflating to C-core (1), or messages compressed (0).
public struct Compression: Sendable, Hashable {
  /// The algorithm for messages that are sent.
  ///
  /// Defaults to ``CompressionAlgorithm/identity``: no compression. A call can choose another
  /// (``CallOptions/compression``).
  ///
  /// A channel must know that its server accepts the algorithm. A server that does not ends the call with
  /// UNIMPLEMENTED. A server uses the algorithm for clients that announce that they accept it, the other algorithm for
  /// clients that accept only that one, and none for the others.
  public var algorithm: CompressionAlgorithm

  /// The algorithms with which received messages may be compressed.
  ///
  /// Defaults to none: a channel does not ask for compression, and a server ends a call that uses it with
  /// UNIMPLEMENTED.
  public var enabledAlgorithms: CompressionAlgorithmSet

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - algorithm: The algorithm for messages that are sent. Defaults to no compression.
  ///   - enabledAlgorithms: The algorithms with which received messages may be compressed. Defaults to none.
  public init(algorithm: CompressionAlgorithm = .identity, enabledAlgorithms: CompressionAlgorithmSet = []) {
    self.algorithm = algorithm
    self.enabledAlgorithms = enabledAlgorithms
  }

  /// Nothing is compressed.
  public static var none: Compression { Compression() }

  func setAccepted(in arguments: inout ChannelArguments) {
    // Identity has bit 0, and cannot be refused.
    arguments.set("grpc.compression_enabled_algorithms_bitset", to: 1 | Int(enabledAlgorithms.rawValue))
    // C-core ends a call with an encoding that is not accepted before any filter sees it; the rest is for
    // `MessageInflation`, within the limit of the size. So nothing is left for C-core's filter to do.
    arguments.leaveInflation(toMessageInflation: !enabledAlgorithms.isEmpty)
  }

  /// Makes a server choose the algorithm by the algorithms that each client accepts.
  ///
  /// C-core's default *algorithm* is not suitable: C-core uses it towards clients that do not accept it, too, and it
  /// must be among those that the server accepts. Its *levels* are a preference: low is gzip before deflate, high
  /// deflate before gzip.
  func setServerPreference(in arguments: inout ChannelArguments) {
    if algorithm != .identity { arguments.set("grpc.default_compression_level", to: algorithm.serverLevel) }
  }
}
