import CProtobufC

extension MessageLayout {
  /// Decodes a message.
  ///
  /// - Parameters:
  ///   - bytes: the message on the wire, nothing before or after it.
  ///   - limits: what decoding may cost.
  /// - Returns: the message, which refers to none of the bytes.
  /// - Throws: a ``DecodingError`` that says what is wrong with the bytes.
  public static func decode(
    _ bytes: borrowing SerializedBytes,
    limits: DecodingLimits
  ) throws(DecodingError) -> Value {
    try decode(bytes, limits: limits, heap: .system)
  }

  /// Decodes a message.
  ///
  /// - Parameters:
  ///   - bytes: the message on the wire.
  ///   - limits: what decoding may cost.
  ///   - heap: where memory comes from that the stack has not.
  static func decode(
    _ bytes: borrowing SerializedBytes,
    limits: DecodingLimits,
    heap: Heap
  ) throws(DecodingError) -> Value {
    // Lives until this returns.
    let source = bytes.source
    return try withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 16) { (scratch) throws(DecodingError) in
      var arena = Arena(scratch: scratch, budget: limits.maximumMemory, heap: heap)
      let message: UnsafeMutablePointer<ProtobufCMessage>
      let stackGuard: StackGuard
      do throws(DecodingFailure) {
        let outline: UnsafeRawBufferPointer
        (outline, stackGuard) = try OutlineWriter.outline(of: source, as: schema.descriptor, limits: limits, in: &arena)
        message = try arena.unpack(outline, as: schema.descriptor, stackGuard: stackGuard)
      } catch {
        throw DecodingError(error, schema, limits)
      }
      // The arena frees the structs when it ends, and `extendLifetime` keeps it until they are read.
      defer { extendLifetime(arena) }
      return try read(pointee(message), from: MessageDecoder(schema: schema, source: source, stackGuard: stackGuard))
    }
  }

  /// The struct that protobuf-c unpacked by this layout's descriptor.
  private static func pointee(_ message: UnsafeMutablePointer<ProtobufCMessage>) -> CMessage {
    // The descriptor, which came from a CMessage, made protobuf-c allocate and fill one; `message` is its first member.
    UnsafeMutableRawPointer(message).assumingMemoryBound(to: CMessage.self).pointee
  }
}

extension DecodingError {
  fileprivate init(_ failure: DecodingFailure, _ schema: MessageSchema, _ limits: DecodingLimits) {
    switch failure {
    case .malformed:
      self.init(code: .malformed, message: "the bytes are not a message \(schema.name) in protobuf's wire format")
    case .tooDeep:
      self.init(
        code: .tooDeep,
        message: "message \(schema.name) nests sub-messages deeper than \(limits.maximumDepth)"
      )
    case .outOfStack:
      self = .outOfStack(schema)
    case .outOfMemory:
      self.init(
        code: .tooLarge,
        message: "message \(schema.name) takes more than the \(limits.maximumMemory) bytes of memory allowed, or left"
      )
    }
  }

  static func outOfStack(_ schema: MessageSchema) -> DecodingError {
    DecodingError(
      code: .tooDeep,
      message: "message \(schema.name) nests sub-messages too deep for the stack allowed"
    )
  }
}
