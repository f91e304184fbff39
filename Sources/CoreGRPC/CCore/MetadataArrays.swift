import CGRPC

extension grpc_metadata_array {
  /// An array for C-core to fill, or to be left empty.
  static var empty: grpc_metadata_array {
    var array = grpc_metadata_array()
    grpc_metadata_array_init(&array)
    return array
  }

  /// An array for C-core to send, with copies of the entries.
  ///
  /// Balance it with one ``destroySent()``.
  init(sending metadata: Metadata) {
    self = .empty
    guard !metadata.isEmpty else { return }
    // `grpc_metadata_array_destroy` frees with gpr_free what it finds here.
    let stride = MemoryLayout<grpc_metadata>.stride
    let entries = gpr_zalloc(stride * metadata.count).bindMemory(to: grpc_metadata.self, capacity: metadata.count)
    for (index, entry) in metadata.enumerated() {
      entries[index].key = grpc_slice(copying: entry.key)
      entries[index].value =
        switch entry.value {
        case .string(let text): grpc_slice(copying: text)
        case .binary(let bytes): grpc_slice(copying: bytes)
        }
    }
    self.metadata = entries
    self.count = metadata.count
    self.capacity = metadata.count
  }

  /// Releases an array made by ``init(sending:)``.
  mutating func destroySent() {
    guard count > 0 else { return }
    for index in 0..<count {
      grpc_slice_unref(metadata[index].key)
      grpc_slice_unref(metadata[index].value)
    }
    grpc_metadata_array_destroy(&self)
    self = .empty
  }

  /// A copy of the entries that C-core received.
  ///
  /// They belong to the call: copy before it is released.
  ///
  /// - Returns: `nil` if their ``receivedSize`` is over the limit.
  func received(limit: Int) -> Metadata? {
    guard count > 0 else { return Metadata() }
    return ReceivedMetadata(copying: self, limit: limit).map { Metadata(received: $0) }
  }

  /// The size of the entries that C-core received, as it counts them itself: for each one 32 bytes, its key and its value, without
  /// base64.
  var receivedSize: Int {
    (0..<count).reduce(0) { size, index in
      let length = cgrpc_slice_length(&metadata[index].key) + cgrpc_slice_length(&metadata[index].value)
      return size + HeaderBlockSize.entryOverhead + length
    }
  }
}
