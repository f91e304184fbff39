extension Server {
  /// A channel to this server over a pair of connected sockets: no port, no name, nothing that others could reach.
  ///
  /// For tests of services above all. A server that listens on an address must have been started; one that does not is
  /// started by the first such channel. The channel cannot connect again: when the server stops, its calls fail with
  /// UNAVAILABLE. Its connectivity is ``ConnectivityState/ready`` while the server runs, and
  /// ``ConnectivityState/shutdown`` afterwards.
  ///
  /// A server that also listens serves such channels beside the others, with polling threads of their own, and counts
  /// their calls separately.
  ///
  /// - Parameters:
  ///   - configuration: The channel's settings.
  ///   - interceptors: The interceptors that see every call; the first one is the outermost.
  /// - Returns: A channel that is connected to this server.
  /// - Throws: ``RuntimeError/Code/serverIsStopped``, if the server does not run;
  ///   ``RuntimeError/Code/duplicateMethod``, if it cannot be started as a method has been registered twice.
  public func makeInProcessChannel(
    configuration: Channel.Configuration = Channel.Configuration(),
    interceptors: [any ClientInterceptor] = []
  ) throws(RuntimeError) -> Channel {
    try makeInProcessChannel(configuration: configuration, interceptorPipeline: Array(interceptors))
  }

  /// A channel as ``makeInProcessChannel(configuration:interceptors:)`` makes it, with interceptors for some methods.
  ///
  /// - Parameters:
  ///   - configuration: The channel's settings.
  ///   - interceptorPipeline: The interceptors, each with the methods that it applies to; the first one is the
  ///     outermost.
  /// - Returns: A channel that is connected to this server.
  /// - Throws: See ``makeInProcessChannel(configuration:interceptors:)``.
  public func makeInProcessChannel(
    configuration: Channel.Configuration = Channel.Configuration(),
    interceptorPipeline: [ConditionalInterceptor<any ClientInterceptor>]
  ) throws(RuntimeError) -> Channel {
    try configuration.validate()
    let handle = try generations.connect(
      arguments: configuration.arguments,
      resumesOnPollers: configuration.resumesOnPollers
    )
    return Channel(
      target: "in-process",
      handle: handle,
      configuration: configuration,
      interceptors: interceptorPipeline
    )
  }
}
