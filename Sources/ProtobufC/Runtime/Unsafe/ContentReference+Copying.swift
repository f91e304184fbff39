#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension ContentReference {
  /// Copies the content to an array.
  ///
  /// - Parameter source: The message that the reference is to.
  func bytes(in source: ByteSource) -> [UInt8] {
    // The initializer would write a count of 0 to the storage that all empty arrays of all threads share.
    guard byteCount > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = copy(from: source, to: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  /// Copies the content to a string, or returns nil if it is not UTF-8.
  ///
  /// - Parameter source: The message that the reference is to.
  func string(in source: ByteSource) -> String? {
    if let onePiece {
      // Not `String(validating:as:)`, which is generic and not specialized.
      guard let valid = try? UTF8Span(validating: onePiece.bindMemory(to: UInt8.self).span) else { return nil }
      return String(copying: valid)
    }
    let string = String(unsafeUninitializedCapacity: byteCount) { buffer in
      copy(from: source, to: UnsafeMutableRawBufferPointer(buffer))
    }
    // The initializer repairs what is not UTF-8.
    return isEqual(to: string, in: source) ? string : nil
  }

  private func copy(from source: ByteSource, to memory: UnsafeMutableRawBufferPointer) -> Int {
    var count = 0
    forEachPiece(in: source) { piece in
      // There is room for `byteCount` bytes, and the pieces together are not more.
      UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: piece)
      count += piece.count
    }
    return count
  }

  private func isEqual(to string: String, in source: ByteSource) -> Bool {
    guard string.utf8.count == byteCount else { return false }
    return string.utf8.span.bytes.withUnsafeBytes { copied in
      var position = 0
      var isEqual = true
      forEachPiece(in: source) { piece in
        // The pieces together have `byteCount` bytes, as many as the copy.
        let part = UnsafeRawBufferPointer(rebasing: copied[position..<(position + piece.count)])
        // `elementsEqual` would take 28 instructions a byte. Where an address is missing, so are the bytes.
        if isEqual, let here = part.baseAddress, let there = piece.baseAddress {
          isEqual = memcmp(here, there, piece.count) == 0
        }
        position += piece.count
      }
      return isEqual
    }
  }
}
