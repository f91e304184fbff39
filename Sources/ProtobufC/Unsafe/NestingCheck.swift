import CProtobufC

/// Finds out how deep the messages in some bytes nest, before protobuf-c recurses into them.
///
/// It reads tags and lengths as protobuf-c does and enters what protobuf-c would enter, the known fields that hold
/// messages, so that it sees every level that protobuf-c would see.
struct NestingCheck {
  enum Finding {
    case withinLimit, tooDeep, outOfStack, malformed
  }

  private var reader: WireReader
  private let stackGuard: StackGuard

  init(_ bytes: UnsafeRawBufferPointer, stackGuard: StackGuard) {
    reader = WireReader(bytes)
    self.stackGuard = stackGuard
  }

  /// Checks a message of the given type.
  ///
  /// - Parameters:
  ///   - descriptor: the message's type.
  ///   - levels: how many levels of sub-messages are allowed, which also bounds this function's recursion.
  mutating func check(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, levels: Int) -> Finding {
    while !reader.isAtEnd {
      guard let tag = reader.tag() else { return .malformed }
      guard tag.wireType == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED.rawValue else {
        guard reader.skipNumber(wireType: tag.wireType) else { return .malformed }
        continue
      }
      guard let content = reader.lengthPrefixed() else { return .malformed }
      guard
        let field = protobuf_c_message_descriptor_get_field(descriptor, tag.number),
        let child = field.pointee.messageDescriptor
      else { continue }
      guard levels > 0 else { return .tooDeep }
      guard !stackGuard.isExhausted() else { return .outOfStack }
      var nested = NestingCheck(content, stackGuard: stackGuard)
      let finding = nested.check(child, levels: levels - 1)
      guard finding == .withinLimit else { return finding }
    }
    return .withinLimit
  }
}
