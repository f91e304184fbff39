import CProtobufC

extension Arena {
  /// Decodes bytes to structs in this arena.
  ///
  /// protobuf-c recurses once for each level of nesting: the caller has seen to it that there are not too many.
  ///
  /// - Returns: the struct of the message, which lives as long as the arena, or nil: then `refusal` tells what there
  ///   was not enough of, or is nil if the bytes are malformed.
  mutating func unpack(
    _ bytes: UnsafeRawBufferPointer,
    as descriptor: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> UnsafeMutablePointer<ProtobufCMessage>? {
    withUnsafeMutablePointer(to: &self) { arena in
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
  }
}
