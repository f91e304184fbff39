/// The state of a channel's connection.
///
/// See <https://github.com/grpc/grpc/blob/master/doc/connectivity-semantics-and-api.md>.
public enum ConnectivityState: Sendable, Hashable, CaseIterable {
  /// The channel has no connection, and no call needs one.
  case idle
  /// The channel is connecting.
  case connecting
  /// The channel has a connection.
  case ready
  /// Connecting failed; the channel tries again after a pause.
  case transientFailure
  /// The channel is closed, or is an in-process channel whose server has begun to shut down.
  case shutdown
}
