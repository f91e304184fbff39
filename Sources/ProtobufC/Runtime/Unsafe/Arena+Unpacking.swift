import CProtobufC

extension Arena {
  /// Decodes an outline to structs in this arena.
  ///
  /// protobuf-c recurses once for each level of nesting: the outline has not too many.
  ///
  /// - Returns: The struct of the message, which lives as long as the arena.
  mutating func unpack(
    _ bytes: UnsafeRawBufferPointer,
    as descriptor: UnsafePointer<ProtobufCMessageDescriptor>,
    stackGuard: StackGuard
  ) throws(DecodingFailure) -> UnsafeMutablePointer<ProtobufCMessage> {
    self.stackGuard = stackGuard
    let message = withUnsafeMutablePointer(to: &self) { arena in
      // The two functions are called with `allocator_data`, the arena, and only until the unpacking returns.
      var allocator = ProtobufCAllocator(
        alloc: { arena, byteCount in
          arena?.assumingMemoryBound(to: Arena.self).pointee.allocate(byteCount: byteCount)
        },
        free: { arena, block in
          guard let block else { return }
          arena?.assumingMemoryBound(to: Arena.self).pointee.deallocate(block)
        },
        allocator_data: arena
      )
      // Bytes have no alignment and no other type in C, so that reading them as UInt8 is sound.
      let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
      return protobuf_c_message_unpack(descriptor, &allocator, bytes.count, start)
    }
    self.stackGuard = .none
    guard let message else {
      throw refusal ?? .malformed
    }
    return message
  }
}
