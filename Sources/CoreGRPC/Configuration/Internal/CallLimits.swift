/// The limits of a call that the library enforces itself.
struct CallLimits: Sendable {
  /// The largest size to which a compressed message may be inflated, in bytes; `nil` to leave messages as C-core gives
  /// them.
  var inflation: Int?

  /// Whether a message that its sender has compressed ends the call: nothing compressed is accepted.
  var refusesCompression = false

  /// The algorithms with which received messages may be compressed.
  var enabledAlgorithms: CompressionAlgorithmSet = []

  /// The largest metadata that is received in a header block, in bytes.
  ///
  /// C-core has a higher limit, see ``ChannelArguments/setMetadataLimits(received:sent:)``.
  var receivedMetadata: Int

  /// The size of the metadata that fits into a header block beside C-core's own entries, in bytes.
  var sentMetadata: Int
}
