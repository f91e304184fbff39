extension Server {
  /// A channel to this server over a pair of connected sockets: no port, no name, nothing that others could reach.
  ///
  /// For tests of services above all. The server must have been started. The channel cannot connect again: when the server
  /// stops, its calls fail with UNAVAILABLE. Its connectivity is ``ConnectivityState/ready`` while the server runs, and
  /// ``ConnectivityState/shutdown`` afterwards.
  ///
  /// - Throws: ``ServerError/Code/wrongState``, if the server does not run.
  public func makeInProcessChannel(
    configuration: Channel.Configuration = Channel.Configuration(),
    interceptors: [ConditionalInterceptor<any ClientInterceptor>] = []
  ) throws(ServerError) -> Channel {
    let handle = try generations.connect(
      arguments: configuration.arguments,
      resumesOnPollers: configuration.resumesOnPollers
    )
    return Channel(target: "in-process", handle: handle, configuration: configuration, interceptors: interceptors)
  }
}
