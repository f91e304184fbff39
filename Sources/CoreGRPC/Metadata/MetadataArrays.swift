import CGRPC

extension grpc_metadata {
  /// Creates an entry for C-core to send, whose slices the owner releases.
  init(copying entry: Metadata.Element) {
    unsafe self.init()
    unsafe key = grpc_slice(copying: entry.key)
    unsafe value =
      switch entry.value {
      case .string(let text): unsafe grpc_slice(copying: text)
      case .binary(let bytes): unsafe grpc_slice(copying: bytes)
      }
  }
}

extension grpc_metadata_array {
  /// An array for C-core to fill, or to be left empty.
  static var empty: grpc_metadata_array {
    var array = unsafe grpc_metadata_array()
    unsafe grpc_metadata_array_init(&array)
    return unsafe array
  }

  /// Creates an array for C-core to send, with copies of the entries.
  ///
  /// Balance it with one ``destroySent()``.
  init(sending metadata: Metadata) {
    unsafe self = .empty
    guard !metadata.isEmpty else { return }
    // `grpc_metadata_array_destroy` frees the entries with gpr_free.
    let stride = unsafe MemoryLayout<grpc_metadata>.stride
    let entries = unsafe gpr_zalloc(stride * metadata.count).bindMemory(
      to: grpc_metadata.self,
      capacity: metadata.count
    )
    for (index, entry) in metadata.enumerated() {
      unsafe entries[index] = grpc_metadata(copying: entry)
    }
    unsafe self.metadata = entries
    unsafe self.count = metadata.count
    unsafe self.capacity = metadata.count
  }

  /// Releases an array made by ``init(sending:)``.
  mutating func destroySent() {
    guard unsafe count > 0 else { return }
    for index in unsafe 0..<count {
      unsafe grpc_slice_unref(metadata[index].key)
      unsafe grpc_slice_unref(metadata[index].value)
    }
    unsafe grpc_metadata_array_destroy(&self)
    unsafe self = .empty
  }

  /// Returns a copy of the entries that C-core received.
  ///
  /// The entries belong to the call: copy them before it is released.
  ///
  /// - Returns: The copy; `nil` if their ``receivedSize`` is over the limit.
  func received(limit: Int) -> Metadata? {
    guard unsafe count > 0 else { return Metadata() }
    return unsafe ReceivedMetadata(copying: self, limit: limit).map { Metadata(received: $0) }
  }

  /// The size of the entries that C-core received, as it counts them itself: for each one 32 bytes, its key and its
  /// value, without base64.
  var receivedSize: Int {
    unsafe (0..<count).reduce(0) { size, index in
      let length = unsafe cgrpc_slice_length(&metadata[index].key) + cgrpc_slice_length(&metadata[index].value)
      return size + HeaderBlockSize.entryOverhead + length
    }
  }
}
