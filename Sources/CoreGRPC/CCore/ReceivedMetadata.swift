import CGRPC

/// Metadata as it was received: all keys and values one after the other, in the memory of one object.
///
/// Most of what is received is never looked at, and only for what is looked at strings and arrays are made.
struct ReceivedMetadata: @unchecked Sendable {
  // Unchecked, because of the object: nothing is written to it after `init`.

  /// The memory, whose header is the number of entries.
  ///
  /// The elements are bytes: for each entry where its key ends and where its value does, as 4 bytes each; then the keys and
  /// values.
  private let storage: ManagedBuffer<Int, UInt8>

  /// Copies what C-core received; `nil` if its `receivedSize` is over the limit.
  init?(copying array: grpc_metadata_array, limit: Int) {
    let count = array.count
    var byteCount = 8 * count
    for index in 0..<count {
      byteCount += cgrpc_slice_length(&array.metadata[index].key) + cgrpc_slice_length(&array.metadata[index].value)
    }
    guard byteCount + (HeaderBlockSize.entryOverhead - 8) * count <= limit else { return nil }
    storage = .create(minimumCapacity: byteCount) { _ in count }
    storage.withUnsafeMutablePointerToElements { elements in
      let memory = UnsafeMutableRawPointer(elements)
      var end = 8 * count
      // There is room: these lengths were added up above, and nobody changes the slices meanwhile.
      func append(_ slice: UnsafePointer<grpc_slice>, endingAt offset: Int) {
        let length = cgrpc_slice_length(slice)
        (memory + end).copyMemory(from: cgrpc_slice_bytes(slice), byteCount: length)
        end += length
        memory.storeBytes(of: UInt32(end), toByteOffset: offset, as: UInt32.self)
      }
      for index in 0..<count {
        append(&array.metadata[index].key, endingAt: 8 * index)
        append(&array.metadata[index].value, endingAt: 8 * index + 4)
      }
    }
  }

  /// The number of entries.
  var count: Int { storage.header }

  /// The key of an entry; what is not UTF-8 becomes U+FFFD.
  func key(at index: Int) -> String { withEntry(at: index) { key, _ in String(decoding: key, as: UTF8.self) } }

  /// The value of an entry: bytes, if the key ends in `-bin`.
  func value(at index: Int) -> Metadata.Value {
    withEntry(at: index) { key, value in
      key.suffix(4).elementsEqual("-bin".utf8) ? .binary(Array(value)) : .string(String(decoding: value, as: UTF8.self))
    }
  }

  /// The values of a key, which is in lower case.
  func values(forKey wanted: String) -> [Metadata.Value] {
    (0..<count)
      .filter { withEntry(at: $0) { key, _ in key.elementsEqual(wanted.utf8) } }
      .map(value(at:))
  }

  private func withEntry<Result>(
    at index: Int,
    _ body: (_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Result
  ) -> Result {
    precondition(index >= 0 && index < count, "metadata has no such entry")
    return storage.withUnsafeMutablePointerToElements { elements in
      let memory = UnsafeRawPointer(elements)
      // In bounds, as is what these say: see above.
      func end(at offset: Int) -> Int { Int(memory.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
      let start = index == 0 ? 8 * count : end(at: 8 * index - 4)
      let (middle, end) = (end(at: 8 * index), end(at: 8 * index + 4))
      return body(
        UnsafeRawBufferPointer(start: memory + start, count: middle - start),
        UnsafeRawBufferPointer(start: memory + middle, count: end - middle)
      )
    }
  }
}
