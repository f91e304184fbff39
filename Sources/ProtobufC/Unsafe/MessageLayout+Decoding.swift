import CProtobufC

extension MessageLayout {
  /// Decodes a message.
  ///
  /// - Parameters:
  ///   - bytes: the message on the wire, nothing before or after it.
  ///   - limits: what decoding may cost.
  /// - Returns: the message, which refers to none of the bytes.
  /// - Throws: a ``DecodingError`` that says what is wrong with the bytes.
  public static func decode(_ bytes: RawSpan, limits: DecodingLimits) throws(DecodingError) -> Value {
    try decode(bytes, limits: limits, heap: .system)
  }

  static func decode(_ bytes: RawSpan, limits: DecodingLimits, heap: Heap) throws(DecodingError) -> Value {
    // The pointer is used inside the closure only: the structs hold copies, and the value copies out of the structs.
    try bytes.withUnsafeBytes { (bytes) throws(DecodingError) in
      let stackGuard = try checkNesting(of: bytes, limits)
      return try withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 16) { (scratch) throws(DecodingError) in
        var arena = Arena(scratch: scratch, budget: limits.maximumMemory, heap: heap, stackGuard: stackGuard)
        guard let message = arena.unpack(bytes, as: schema.descriptor) else {
          throw switch arena.refusal {
          case nil: .malformed(schema)
          case .outOfMemory: .tooLarge(schema, limits)
          case .outOfStack: .outOfStack(schema)
          }
        }
        // The arena frees the structs when it ends, and `extendLifetime` keeps it until they are read.
        defer { extendLifetime(arena) }
        return try read(pointee(message), from: MessageDecoder(schema: schema, stackGuard: stackGuard))
      }
    }
  }

  /// The struct that protobuf-c unpacked by this layout's descriptor.
  private static func pointee(_ message: UnsafeMutablePointer<ProtobufCMessage>) -> CMessage {
    // The descriptor, which came from a CMessage, made protobuf-c allocate and fill one; `message` is its first member.
    UnsafeMutableRawPointer(message).assumingMemoryBound(to: CMessage.self).pointee
  }

  /// Throws if the messages nest too deep, and returns the guard to decode under.
  private static func checkNesting(
    of bytes: UnsafeRawBufferPointer,
    _ limits: DecodingLimits
  ) throws(DecodingError) -> StackGuard {
    let limit = limits.maximumDepth
    if let depth = schema.depth, depth <= limit { return .none }
    // Nearly all messages stay within a depth that needs no guard.
    let carefreeDepth = 16
    if limit > carefreeDepth {
      var check = NestingCheck(bytes, stackGuard: .none)
      if check.check(schema.descriptor, levels: carefreeDepth) == .withinLimit { return .none }
    }
    let stackGuard = StackGuard.fromHere(allowing: limits.maximumStack)
    var check = NestingCheck(bytes, stackGuard: stackGuard)
    switch check.check(schema.descriptor, levels: limit) {
    case .withinLimit: return stackGuard
    case .tooDeep: throw .tooDeep(schema, limit)
    case .outOfStack: throw .outOfStack(schema)
    case .malformed: throw .malformed(schema)
    }
  }
}

extension DecodingError {
  fileprivate static func malformed(_ schema: MessageSchema) -> DecodingError {
    DecodingError(code: .malformed, message: "the bytes are not a message \(schema.name) in protobuf's wire format")
  }

  fileprivate static func tooDeep(_ schema: MessageSchema, _ limit: Int) -> DecodingError {
    DecodingError(code: .tooDeep, message: "message \(schema.name) nests sub-messages deeper than \(limit)")
  }

  static func outOfStack(_ schema: MessageSchema) -> DecodingError {
    DecodingError(
      code: .tooDeep,
      message: "message \(schema.name) nests sub-messages too deep for the stack allowed"
    )
  }

  fileprivate static func tooLarge(_ schema: MessageSchema, _ limits: DecodingLimits) -> DecodingError {
    DecodingError(
      code: .tooLarge,
      message: "message \(schema.name) takes more than the \(limits.maximumMemory) bytes of memory allowed, or left"
    )
  }
}
