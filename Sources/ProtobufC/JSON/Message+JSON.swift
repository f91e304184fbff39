public import ProtobufC
internal import ProtobufCReflection

extension Message {
  /// Writes this message as JSON.
  ///
  /// - Parameter options: The choices.
  /// - Returns: The message in protobuf's JSON mapping, on one line. Unknown fields are left out.
  /// - Throws: A ``JSONEncodingError``, if JSON has no form for what the message holds.
  public func jsonString(options: JSONEncodingOptions = JSONEncodingOptions()) throws(JSONEncodingError) -> String {
    String(decoding: try jsonUTF8Bytes(options: options), as: UTF8.self)
  }

  /// Writes this message as JSON in UTF-8.
  ///
  /// - Parameter options: The choices.
  /// - Returns: The message in protobuf's JSON mapping, on one line. Unknown fields are left out.
  /// - Throws: A ``JSONEncodingError``, if JSON has no form for what the message holds.
  public func jsonUTF8Bytes(
    options: JSONEncodingOptions = JSONEncodingOptions()
  ) throws(JSONEncodingError) -> [UInt8] {
    let (type, pool) = TypePool.type(of: Self.self, with: options.types)
    var writer = JSONWriter(pool: pool, options: options)
    try writer.message(serializedBytes()[...], of: type)
    return writer.output
  }

  /// Reads a message from JSON.
  ///
  /// - Parameters:
  ///   - jsonString: A message in protobuf's JSON mapping.
  ///   - options: The choices.
  /// - Throws: A ``JSONDecodingError`` that says what is wrong, and where.
  public init(
    jsonString: String,
    options: JSONDecodingOptions = JSONDecodingOptions()
  ) throws(JSONDecodingError) {
    try self.init(json: Array(jsonString.utf8), options)
  }

  /// Reads a message from JSON in UTF-8.
  ///
  /// - Parameters:
  ///   - jsonUTF8Bytes: A message in protobuf's JSON mapping.
  ///   - options: The choices.
  /// - Throws: A ``JSONDecodingError`` that says what is wrong, and where.
  public init(
    jsonUTF8Bytes: [UInt8],
    options: JSONDecodingOptions = JSONDecodingOptions()
  ) throws(JSONDecodingError) {
    guard String(validating: jsonUTF8Bytes, as: UTF8.self) != nil else {
      throw JSONDecodingError(code: .malformed, message: "the text is not UTF-8")
    }
    try self.init(json: jsonUTF8Bytes, options)
  }

  /// - Parameter bytes: UTF-8.
  private init(json bytes: [UInt8], _ options: JSONDecodingOptions) throws(JSONDecodingError) {
    let (type, pool) = TypePool.type(of: Self.self, with: options.types)
    var reader = JSONReader(bytes, pool: pool, options: options)
    let wire = try reader.document(of: type)
    // A level of JSON is up to three of the message: a value, the struct in it, and an entry of that one's map.
    let limits = DecodingLimits(
      maxDepth: 3 * max(0, min(options.messageDepthLimit, 1 << 20)) + 3,
      maxStackBytes: options.maxStackBytes,
      maxMemoryBytes: options.maxMemoryBytes
    )
    do throws(BinaryDecodingError) {
      try self.init(serializedBytes: wire, limits: limits)
    } catch {
      throw JSONDecodingError(error)
    }
  }
}
