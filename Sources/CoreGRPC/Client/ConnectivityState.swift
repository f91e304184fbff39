/// What a ``Channel`` knows of its connection.
///
/// See <https://github.com/grpc/grpc/blob/master/doc/connectivity-semantics-and-api.md>.
public enum ConnectivityState: Sendable, Hashable, CaseIterable {
  /// There is no connection, and nobody asks for one.
  case idle
  /// A connection is being made.
  case connecting
  /// There is a connection.
  case ready
  /// Making a connection failed; it will be tried again after a while.
  case transientFailure
  /// The channel is closed, or is an in-process channel whose server has begun to shut down.
  case shutdown
}
