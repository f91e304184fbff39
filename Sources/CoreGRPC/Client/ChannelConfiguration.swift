extension Channel {
  /// A channel's settings.
  public struct Configuration: Sendable {
    /// The largest message that is received, in bytes; a larger one ends its call with RESOURCE_EXHAUSTED.
    ///
    /// 4 MiB, which is gRPC's customary default.
    public var maximumReceiveMessageSize = 4 * 1024 * 1024

    /// The largest message that is sent, in bytes; `nil`, the default, for no limit.
    public var maximumSendMessageSize: Int?

    /// The program's name and version, to stand first in the `user-agent` that servers see.
    public var userAgent: String?

    /// The authority to name to the server instead of the target's.
    public var authority: String?

    /// Creates the default settings.
    public init() {}

    var arguments: ChannelArguments {
      var arguments = ChannelArguments()
      arguments.set("grpc.max_receive_message_length", to: maximumReceiveMessageSize)
      arguments.set("grpc.max_send_message_length", to: maximumSendMessageSize ?? -1)
      arguments.set("grpc.compression_enabled_algorithms_bitset", to: 1)
      let product = "coregrpc-swift/\(CoreGRPCVersion.current)"
      arguments.set("grpc.primary_user_agent", to: userAgent.map { "\($0) \(product)" } ?? product)
      if let authority { arguments.set("grpc.default_authority", to: authority) }
      return arguments
    }
  }
}
