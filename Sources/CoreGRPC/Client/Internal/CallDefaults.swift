/// The channel's values for the options that a call leaves open, and that C-core does not apply.
struct CallDefaults: Sendable {
  private let compression: CompressionAlgorithm
  private let timeouts: MethodTimeouts
  /// The hedging policies; `nil` without any.
  let hedging: HedgingPolicies?

  init(_ configuration: Channel.Configuration) {
    compression = configuration.compression.algorithm
    timeouts = configuration.serviceConfig?.timeouts ?? MethodTimeouts()
    hedging = HedgingPolicies(configuration.serviceConfig)
  }

  /// Returns the options with the channel's values for those that are open.
  func applied(to options: CallOptions, of method: MethodDescriptor) -> CallOptions {
    var options = options
    if options.compression == nil, compression != .identity { options.compression = compression }
    if let timeout = timeouts[method] { options.timeout = min(options.timeout ?? timeout, timeout) }
    return options
  }

  /// Returns the algorithm for the messages sent on a call; `nil` for the channel's.
  func compression(for options: CallOptions) -> CompressionAlgorithm? {
    options.compression ?? (compression == .identity ? nil : compression)
  }

  /// Returns the time that a call has; `nil` for any time.
  func timeout(for options: CallOptions, of method: MethodDescriptor) -> Duration? {
    let own = options.effectiveTimeout
    guard let timeout = timeouts[method] else { return own }
    return min(own ?? timeout, timeout)
  }
}
