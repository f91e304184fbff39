public import CoreGRPC
public import ServiceLifecycle

/// Closes a `Channel` when its `ServiceGroup` shuts down.
///
/// A group stops its services in the reverse of their order: list a channel before the services that make calls on it,
/// so that it is still open while these finish their work.
public struct ChannelService: Service {
  private let channel: Channel

  /// Creates a service for a channel, which may be in use already.
  public init(_ channel: Channel) { self.channel = channel }

  /// Waits for a graceful shutdown or a cancellation, and closes the channel then.
  ///
  /// Calls in progress continue. New ones fail with UNAVAILABLE.
  public func run() async {
    // The function throws when the task is cancelled, and that ends the wait, too.
    try? await gracefulShutdown()
    channel.close()
  }
}
