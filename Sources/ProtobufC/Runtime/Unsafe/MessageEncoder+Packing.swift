public import CProtobufC

extension MessageEncoder {
  /// Appends an encoded message to a span.
  ///
  /// - Parameters:
  ///   - message: The struct, lowered with this encoder.
  ///   - byteCount: The size of the encoded message.
  ///   - output: A span with at least that much room.
  @usableFromInline
  mutating func pack(
    _ message: UnsafePointer<ProtobufCMessage>,
    byteCount: Int,
    into output: inout OutputRawSpan
  ) {
    precondition(output.freeCapacity >= byteCount, "the buffer is smaller than the message")
    output.withUnsafeMutableBytes { buffer, initializedCount in
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[initializedCount...])
      let packedByteCount = contents.isEmpty ? pack(message, directlyInto: room) : pack(message, into: room)
      precondition(packedByteCount == byteCount, "protobuf-c packed another size than it announced")
      initializedCount += byteCount
    }
  }

  /// Packs a message without content that a marker stands for.
  private func pack(_ message: UnsafePointer<ProtobufCMessage>, directlyInto room: UnsafeMutableRawBufferPointer) -> Int
  {
    // An empty message may have no room, and takes none.
    guard let start = room.baseAddress else { return 0 }
    // protobuf-c writes as many bytes as `protobuf_c_message_get_packed_size` announced, for which there is room.
    // Memory that a message is packed to has no type yet, or is of bytes.
    return protobuf_c_message_pack(message, start.assumingMemoryBound(to: UInt8.self))
  }

  /// Packs a message piece by piece, with content from where it lies.
  private mutating func pack(
    _ message: UnsafePointer<ProtobufCMessage>,
    into room: UnsafeMutableRawBufferPointer
  ) -> Int {
    withUnsafeMutablePointer(to: &contents) { contents in
      var packing = Packing(contents: contents, room: room)
      packing.pack(message)
      return packing.byteCount
    }
  }
}

/// The state of one packing, which protobuf-c hands to the function that takes what it has packed.
private struct Packing {
  let contents: UnsafePointer<ContentList>
  let room: UnsafeMutableRawBufferPointer
  var byteCount = 0

  init(contents: UnsafePointer<ContentList>, room: UnsafeMutableRawBufferPointer) {
    self.contents = contents
    self.room = room
  }

  mutating func pack(_ message: UnsafePointer<ProtobufCMessage>) {
    withUnsafeMutablePointer(to: &self) { packing in
      var buffer = CProtobufCContextBuffer(
        base: ProtobufCBuffer { buffer, byteCount, data in
          guard let buffer, let data, byteCount > 0 else { return }
          // `buffer` is the first member of the CProtobufCContextBuffer below, and its context is the packing; both
          // live until the packing returns.
          UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: CProtobufCContextBuffer.self).pointee
            .context.assumingMemoryBound(to: Packing.self).pointee.append(data, byteCount: byteCount)
        },
        context: packing
      )
      withUnsafeMutablePointer(to: &buffer) { buffer in
        // The whole struct is passed, as a pointer to its first member.
        let base = UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: ProtobufCBuffer.self)
        _ = protobuf_c_message_pack_to_buffer(message, base)
      }
    }
  }

  private mutating func append(_ data: UnsafePointer<UInt8>, byteCount: Int) {
    if let index = ContentMarkers.index(of: data) {
      contents.pointee[index]?.withBytes { append($0) }
    } else {
      // Not a marker: bytes that protobuf-c has packed, valid during the call.
      append(UnsafeRawBufferPointer(start: data, count: byteCount))
    }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    // The slicing checks nothing in a release build, so that the bounds are checked here.
    precondition(bytes.count <= room.count - byteCount, "protobuf-c packed more than it announced")
    UnsafeMutableRawBufferPointer(rebasing: room[byteCount...]).copyMemory(from: bytes)
    byteCount += bytes.count
  }
}
