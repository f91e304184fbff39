/// Addresses that stand for content: the n-th stands for the n-th element of a ``ContentList``.
///
/// protobuf-c asks for a pointer to the content of each string, all valid at the same time, and a Swift string lends
/// its own only for the length of a call. When packing to a buffer, protobuf-c passes that pointer on without looking
/// at what is there, so that it may as well be a number in disguise. For the disguise not to be mistaken for another
/// address, the numbers are those of memory allocated for nothing else.
///
/// Short content has no marker: a copy of it in the encoder's arena costs less.
enum ContentMarkers {
  /// The number of strings and bytes fields of one message that can have a marker; the rest is copied twice.
  static let count = 1 << 20

  // Never read or written, so that it takes addresses but no memory, and never freed. The pointer is a constant.
  private nonisolated(unsafe) static let first = UnsafeMutablePointer<UInt8>.allocate(capacity: count)

  static func marker(for index: Int) -> UnsafeMutablePointer<UInt8> {
    precondition(index < count)
    return first + index
  }

  static func index(of pointer: UnsafePointer<UInt8>) -> Int? {
    // Addresses are compared as numbers, because a distance has a meaning only within one allocation.
    let distance = UInt(bitPattern: pointer) &- UInt(bitPattern: first)
    return distance < count ? Int(distance) : nil
  }
}
