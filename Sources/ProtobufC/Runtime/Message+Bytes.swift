extension Message {
  /// Encodes this message.
  ///
  /// - Returns: The message on the wire.
  @inlinable
  public func serializedBytes() -> [UInt8] {
    serialize { byteCount, fill in [UInt8](byteCount: byteCount, fill: fill) }
  }
}
