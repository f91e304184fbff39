import CGRPC

/// A message that is written bit by bit, without knowing its size, and is not moved when it grows.
@safe struct GrowingSlices: ~Copyable {
  // Safe, because the slices are this value's alone, which releases them, and writes stay within `roomInLast`.

  private static var smallestSlice: Int { 1024 }
  private static var largestSlice: Int { 64 * 1024 }

  private var slices: [grpc_slice] = unsafe []
  private var roomInLast = 0

  /// The number of bytes that have been written.
  private(set) var byteCount = 0

  deinit {
    for index in unsafe slices.indices { unsafe grpc_slice_unref(slices[index]) }
  }

  /// Appends bytes.
  ///
  /// - Parameter body: Gets memory, at least one byte, and returns the number of bytes that it has written there, from
  ///   the first on.
  mutating func extend(_ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) {
    if roomInLast == 0 {
      // As much as there is already, so that there are few slices, and small ones for a small message.
      roomInLast = min(max(byteCount, Self.smallestSlice), Self.largestSlice)
      unsafe slices.append(grpc_slice_malloc(roomInLast))
    }
    let last = unsafe slices[slices.count - 1]
    // The slice's memory is its own allocation, larger than what fits into the struct, and no other code has it.
    guard unsafe last.refcount != nil, let bytes = unsafe last.data.refcounted.bytes else {
      preconditionFailure("a slice of \(Self.smallestSlice) bytes or more is not inline")
    }
    let end = unsafe bytes + last.data.refcounted.length
    let written = unsafe body(UnsafeMutableBufferPointer(start: end - roomInLast, count: roomInLast))
    roomInLast -= written
    byteCount += written
  }

  /// Returns the message.
  consuming func finish() -> MessageBuffer {
    if var last = unsafe slices.popLast() {
      // The same reference, to fewer bytes.
      unsafe slices.append(grpc_slice_sub_no_ref(last, 0, cgrpc_slice_length(&last) - roomInLast))
    }
    // The byte buffer takes references of its own; `deinit` releases these.
    guard let buffer = unsafe grpc_raw_byte_buffer_create(&slices, slices.count) else {
      preconditionFailure("grpc_raw_byte_buffer_create returned no buffer")
    }
    return unsafe MessageBuffer(adopting: buffer)
  }
}
