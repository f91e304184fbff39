public import CProtobufC

extension MessageLayout {
  /// Decodes a message.
  ///
  /// - Parameters:
  ///   - bytes: The message on the wire, nothing before or after it.
  ///   - limits: The limits on the cost of decoding.
  /// - Returns: The message, which refers to none of the bytes.
  /// - Throws: A ``BinaryDecodingError`` that says what is wrong with the bytes.
  @inlinable
  public static func decode(
    _ bytes: borrowing SerializedBytes,
    limits: DecodingLimits
  ) throws(BinaryDecodingError) -> Value {
    var value: Value?
    try schema.decode(bytes, limits: limits) { (message, decoder) throws(BinaryDecodingError) in
      value = try read(message, from: decoder)
    }
    return lifted(value)
  }

  /// Decodes a message.
  ///
  /// - Parameters:
  ///   - bytes: The message on the wire.
  ///   - limits: The limits on the cost of decoding.
  ///   - heap: The source of memory beyond that of the stack.
  static func decode(
    _ bytes: borrowing SerializedBytes,
    limits: DecodingLimits,
    heap: Heap
  ) throws(BinaryDecodingError) -> Value {
    var value: Value?
    try schema.decode(bytes, limits: limits, heap: heap) { (message, decoder) throws(BinaryDecodingError) in
      value = try read(message, from: decoder)
    }
    return lifted(value)
  }

  @inlinable
  static func read(
    _ message: UnsafeMutablePointer<ProtobufCMessage>,
    from decoder: MessageDecoder
  ) throws(BinaryDecodingError) -> Value {
    // The descriptor, which came from a CMessage, made protobuf-c allocate and fill one; `message` is its first member.
    try read(UnsafeMutableRawPointer(message).assumingMemoryBound(to: CMessage.self).pointee, from: decoder)
  }

  @inlinable
  static func lifted(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("the message has not been decoded") }
    return value
  }
}

extension MessageSchema {
  /// Decodes a message to its struct, and calls a function with it.
  ///
  /// - Parameters:
  ///   - bytes: The message on the wire.
  ///   - limits: The limits on the cost of decoding.
  ///   - body: Called once with the struct, which is valid during the call, and with what lifts it.
  @usableFromInline
  func decode(
    _ bytes: borrowing SerializedBytes,
    limits: DecodingLimits,
    _ body: (UnsafeMutablePointer<ProtobufCMessage>, MessageDecoder) throws(BinaryDecodingError) -> Void
  ) throws(BinaryDecodingError) {
    try decode(bytes, limits: limits, heap: .system, body)
  }

  fileprivate func decode(
    _ bytes: borrowing SerializedBytes,
    limits: DecodingLimits,
    heap: Heap,
    _ body: (UnsafeMutablePointer<ProtobufCMessage>, MessageDecoder) throws(BinaryDecodingError) -> Void
  ) throws(BinaryDecodingError) {
    // Lives until this returns.
    let source = bytes.source
    try withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 16) { (scratch) throws(BinaryDecodingError) in
      var arena = Arena(scratch: scratch, budget: limits.maxMemoryBytes, heap: heap)
      let message: UnsafeMutablePointer<ProtobufCMessage>
      let stackGuard: StackGuard
      do throws(DecodingFailure) {
        let outline: UnsafeRawBufferPointer
        (outline, stackGuard, _) = try OutlineWriter.outline(of: source, as: descriptor, limits: limits, in: &arena)
        message = try arena.unpack(outline, as: descriptor, stackGuard: stackGuard)
      } catch {
        throw BinaryDecodingError(error, self, limits)
      }
      // The arena frees the structs when it ends, and `extendLifetime` keeps it until they are read.
      defer { extendLifetime(arena) }
      try body(message, MessageDecoder(schema: self, source: source, stackGuard: stackGuard))
    }
  }
}

extension BinaryDecodingError {
  fileprivate init(_ failure: DecodingFailure, _ schema: MessageSchema, _ limits: DecodingLimits) {
    switch failure {
    case .malformed:
      self.init(code: .malformed, message: "the bytes are not a message \(schema.name) in protobuf's wire format")
    case .tooDeep:
      self.init(
        code: .tooDeep,
        message: "message \(schema.name) nests sub-messages deeper than maxDepth (\(limits.maxDepth))"
      )
    case .outOfStack:
      self = .outOfStack(schema)
    case .outOfMemory:
      self.init(
        code: .tooLarge,
        message: "message \(schema.name) exceeds maxMemoryBytes (\(limits.maxMemoryBytes)), or memory ran out"
      )
    }
  }

  @usableFromInline
  static func outOfStack(_ schema: MessageSchema) -> BinaryDecodingError {
    BinaryDecodingError(
      code: .tooDeep,
      message: "message \(schema.name) nests sub-messages too deep for maxStackBytes"
    )
  }
}
