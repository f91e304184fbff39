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

  /// The algorithm for what is sent on a call; `nil` as the channel says.
  func compression(for options: CallOptions) -> Compression.Algorithm? {
    options.compression ?? (compression == .identity ? nil : compression)
  }

  /// The time that a call has; `nil` for any time.
  func timeout(for options: CallOptions, of method: MethodDescriptor) -> Duration? {
    let own = options.effectiveTimeout
    guard let timeout = timeouts[method] else { return own }
    return min(own ?? timeout, timeout)
  }
}
