/// A message whose encoding and decoding are counted, by any library.
protocol CountedMessage: Equatable {
  /// Encodes the message.
  ///
  /// - Returns: The message on the wire.
  /// - Throws: The library's error.
  func encoded() throws -> [UInt8]

  /// Decodes a message.
  ///
  /// - Parameter bytes: The message on the wire.
  /// - Returns: The message.
  /// - Throws: The library's error.
  static func decoded(_ bytes: [UInt8]) throws -> Self
}
