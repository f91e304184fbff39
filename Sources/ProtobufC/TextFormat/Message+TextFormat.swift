public import ProtobufC
internal import ProtobufCReflection

extension Message {
  /// Writes this message in protobuf's text format.
  ///
  /// - Parameter options: The choices.
  /// - Returns: A line for each field, in the order of their numbers. The entries of maps are sorted by their keys.
  public func textFormatString(options: TextFormatEncodingOptions = TextFormatEncodingOptions()) -> String {
    let (type, pool) = TypePool.type(of: Self.self, with: options.types)
    var writer = TextWriter(pool: pool, options: options)
    writer.fields(serializedBytes()[...], of: type)
    return String(decoding: writer.output, as: UTF8.self)
  }

  /// Reads a message from protobuf's text format.
  ///
  /// - Parameters:
  ///   - textFormatString: The text.
  ///   - options: The choices.
  /// - Throws: A ``TextFormatDecodingError`` that says what is wrong, and where.
  public init(
    textFormatString: String,
    options: TextFormatDecodingOptions = TextFormatDecodingOptions()
  ) throws(TextFormatDecodingError) {
    let (type, pool) = TypePool.type(of: Self.self, with: options.types)
    var reader = TextReader(Array(textFormatString.utf8), pool: pool, options: options)
    let wire = try reader.document(of: type)
    let limits = DecodingLimits(
      maxDepth: max(0, options.messageDepthLimit),
      maxStackBytes: options.maxStackBytes,
      maxMemoryBytes: options.maxMemoryBytes
    )
    do throws(BinaryDecodingError) {
      try self.init(serializedBytes: wire, limits: limits)
    } catch {
      throw TextFormatDecodingError(error)
    }
  }
}
