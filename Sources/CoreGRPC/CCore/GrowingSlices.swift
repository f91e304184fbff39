import CGRPC

/// A message that is written bit by bit, without knowing its size, and is not moved when it grows.
struct GrowingSlices: ~Copyable {
  private static var smallestSlice: Int { 1024 }
  private static var largestSlice: Int { 64 * 1024 }

  private var slices: [grpc_slice] = []
  private var roomInLast = 0

  /// How many bytes have been written.
  private(set) var byteCount = 0

  deinit {
    for slice in slices { grpc_slice_unref(slice) }
  }

  /// Writes more.
  ///
  /// - Parameter body: Is given memory, at least one byte, and returns how many bytes it has written there, from the first
  ///   on.
  mutating func extend(_ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
    if roomInLast == 0 {
      // As much as there is already, so that there are few slices, and small ones for a small message.
      roomInLast = min(max(byteCount, Self.smallestSlice), Self.largestSlice)
      slices.append(grpc_slice_malloc(roomInLast))
    }
    let index = slices.count - 1
    // The slice's memory is its own allocation, larger than what fits into the struct, and nobody else has it.
    let end = cgrpc_slice_mutable_bytes(&slices[index]) + cgrpc_slice_length(&slices[index])
    let written = body(UnsafeMutableBufferPointer(start: end - roomInLast, count: roomInLast))
    roomInLast -= written
    byteCount += written
  }

  /// The message.
  consuming func finish() -> MessageBuffer {
    if var last = slices.popLast() {
      // The same reference, to less.
      slices.append(grpc_slice_sub_no_ref(last, 0, cgrpc_slice_length(&last) - roomInLast))
    }
    // The byte buffer takes references of its own; `deinit` gives up these.
    guard let buffer = grpc_raw_byte_buffer_create(&slices, slices.count) else {
      preconditionFailure("grpc_raw_byte_buffer_create always makes a buffer")
    }
    return MessageBuffer(adopting: buffer)
  }
}
