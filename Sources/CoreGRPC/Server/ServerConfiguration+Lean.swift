extension Server.Configuration {
  /// The default settings without what takes time in each call and few servers use.
  ///
  /// Given up are:
  /// - compressing responses: ``Compression`` and ``ServerResponse/compression`` have no effect on what is sent;
  /// - the estimate of each connection's bandwidth, by which C-core enlarges the window of flow control.
  ///
  /// Limits, deadlines and keep-alive pings stay as they are.
  public static var lean: Self {
    var configuration = Self()
    configuration.additionalArguments = [
      "grpc.http2.bdp_probe": 0,
      "grpc.per_message_compression": 0,
    ]
    return configuration
  }
}
