/// How a channel or a server compresses the messages that it sends, and which compressed messages it accepts.
///
/// Both are off by default, and independent of each other: a channel may send with gzip and accept nothing that is
/// compressed, which is what a client needs that sends much and receives little.
///
/// What is accepted is inflated by this library, no further than `maximumReceiveMessageSize`: beyond it the call ends with
/// RESOURCE_EXHAUSTED. (C-core would inflate a message in full before it looks at the size.) The limits of a service config
/// are C-core's, and apply to the message as it came. `grpc.per_message_decompression` among the additional arguments
/// leaves inflating to C-core (1), or messages as they came (0).
public struct Compression: Sendable, Hashable {
  /// The algorithm for messages that are sent.
  ///
  /// None. A call can choose another (``CallOptions/compression``).
  ///
  /// A channel must know that its server accepts the algorithm; one that does not ends the call with UNIMPLEMENTED. A
  /// server uses it for the responses to clients that announce that they accept it, the other algorithm for those that
  /// accept only that one, and none for the rest.
  public var algorithm: Algorithm

  /// The algorithms with which received messages may be compressed.
  ///
  /// None: a channel does not ask for compression, and a server ends a call that uses it with UNIMPLEMENTED.
  public var acceptedAlgorithms: AlgorithmSet

  /// Creates settings.
  public init(algorithm: Algorithm = .identity, acceptedAlgorithms: AlgorithmSet = []) {
    self.algorithm = algorithm
    self.acceptedAlgorithms = acceptedAlgorithms
  }

  /// Nothing is compressed.
  public static var none: Compression { Compression() }

  func setAccepted(in arguments: inout ChannelArguments) {
    // Identity has bit 0, and cannot be refused.
    arguments.set("grpc.compression_enabled_algorithms_bitset", to: 1 | Int(acceptedAlgorithms.rawValue))
    // What is not accepted ends its call before any filter sees it; the rest is for `MessageInflation`, within the limit of the
    // size. So nothing is left for C-core's filter to do.
    arguments.leaveInflation(toMessageInflation: !acceptedAlgorithms.isEmpty)
  }

  /// Has a server choose the algorithm by what each client accepts.
  ///
  /// C-core's default *algorithm* would not do: it is used towards clients that do not accept it, too, and must be among
  /// those that the server accepts. Its *levels* are a preference: low is gzip before deflate, high deflate before gzip.
  func setServerPreference(in arguments: inout ChannelArguments) {
    if algorithm != .identity { arguments.set("grpc.default_compression_level", to: algorithm.serverLevel) }
  }
}
