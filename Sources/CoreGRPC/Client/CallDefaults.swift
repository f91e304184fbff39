/// What a channel sets for a call whose own options leave it open, and C-core does not do.
struct CallDefaults: Sendable {
  private let compression: Compression.Algorithm
  private let timeouts: MethodTimeouts

  init(_ configuration: Channel.Configuration) {
    compression = configuration.compression.algorithm
    timeouts = configuration.serviceConfig?.timeouts ?? MethodTimeouts()
  }

  /// The options with what they leave open.
  func applied(to options: CallOptions, of method: MethodDescriptor) -> CallOptions {
    var options = options
    if options.compression == nil, compression != .identity { options.compression = compression }
    if let timeout = timeouts[method] { options.timeout = min(options.timeout ?? timeout, timeout) }
    return options
  }
}
