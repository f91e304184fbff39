import CGRPC

/// Metadata as it was received: all keys and values one after the other, in the memory of one object.
///
/// Programs never look at most received entries, so strings and arrays are made only for those that they look at.
struct ReceivedMetadata: @unchecked Sendable {
  // Unchecked, because of the object: nothing is written to it after `init`.

  /// The memory, whose header is the number of entries.
  ///
  /// The elements are bytes: for each entry the ends of its key and of its value, as 4 bytes each; then the keys and
  /// values.
  private let storage: ManagedBuffer<Int, UInt8>

  /// Copies the metadata that C-core received; `nil` if its `receivedSize` is over the limit.
  init?(copying array: grpc_metadata_array, limit: Int) {
    let count = unsafe array.count
    var byteCount = 8 * count
    for index in 0..<count {
      unsafe byteCount +=
        cgrpc_slice_length(&array.metadata[index].key) + cgrpc_slice_length(&array.metadata[index].value)
    }
    guard byteCount + (HeaderBlockSize.entryOverhead - 8) * count <= limit else { return nil }
    storage = .create(minimumCapacity: byteCount) { _ in count }
    unsafe storage.withUnsafeMutablePointerToElements { elements in
      let memory = UnsafeMutableRawPointer(elements)
      var end = 8 * count
      // There is room: these lengths were added up above, and no other code changes the slices meanwhile.
      func append(_ slice: UnsafePointer<grpc_slice>, endingAt offset: Int) {
        let length = unsafe cgrpc_slice_length(slice)
        unsafe (memory + end).copyMemory(from: cgrpc_slice_bytes(slice), byteCount: length)
        end += length
        unsafe memory.storeBytes(of: UInt32(end), toByteOffset: offset, as: UInt32.self)
      }
      for index in 0..<count {
        unsafe append(&array.metadata[index].key, endingAt: 8 * index)
        unsafe append(&array.metadata[index].value, endingAt: 8 * index + 4)
      }
    }
  }

  /// The number of entries.
  var count: Int { storage.header }

  /// Returns the key of an entry; bytes that are not UTF-8 become U+FFFD.
  func key(at index: Int) -> String {
    unsafe withEntry(at: index) { key, _ in unsafe String(decoding: key, as: UTF8.self) }
  }

  /// Returns the value of an entry: bytes, if the key ends in `-bin`.
  func value(at index: Int) -> Metadata.Value {
    unsafe withEntry(at: index) { key, value in
      unsafe key.suffix(4).elementsEqual("-bin".utf8)
        ? .binary(Array(value)) : .string(String(decoding: value, as: UTF8.self))
    }
  }

  /// Returns the values of a key, which is in lower case.
  func values(forKey wanted: String) -> [Metadata.Value] {
    (0..<count)
      .filter { unsafe withEntry(at: $0) { key, _ in unsafe key.elementsEqual(wanted.utf8) } }
      .map(value(at:))
  }

  private func withEntry<Result>(
    at index: Int,
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Result
  ) -> Result {
    precondition(index >= 0 && index < count, "metadata has no such entry")
    return unsafe storage.withUnsafeMutablePointerToElements { elements in
      let memory = UnsafeRawPointer(elements)
      // In bounds, as are the offsets that are read here: see above.
      func end(at offset: Int) -> Int { unsafe Int(memory.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
      let start = index == 0 ? 8 * count : end(at: 8 * index - 4)
      let (middle, end) = (end(at: 8 * index), end(at: 8 * index + 4))
      return unsafe body(
        UnsafeRawBufferPointer(start: memory + start, count: middle - start),
        UnsafeRawBufferPointer(start: memory + middle, count: end - middle)
      )
    }
  }
}
