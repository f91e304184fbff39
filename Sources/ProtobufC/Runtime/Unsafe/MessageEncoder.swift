public import CProtobufC

/// Converts Swift values to the C values of a message's struct: the `write` function of a ``MessageLayout`` uses it.
///
/// Each function returns the value to store in one member of the struct. The value stays valid as long as the encoder.
public struct MessageEncoder: ~Copyable {
  /// The number of bytes of content that are copied: for short content a copy costs less than a marker and its detour.
  private static var greatestCopiedByteCount: Int { 4096 }

  var contents = ContentList()
  private var arena: Arena

  /// The number of bytes of content that may still be copied to the arena: markers stand for the rest.
  private var copyingByteCount: Int

  /// The fields of the message being lowered that its struct has no place for, encoded.
  @usableFromInline var extraFields: [UInt8] = []

  /// Creates an encoder.
  ///
  /// - Parameters:
  ///   - scratch: Memory for the first structs, which outlives the encoder and is used by nothing else.
  ///   - heap: The source of memory once `scratch` is used up.
  ///   - copyingByteCount: The number of bytes of content that may be copied to that memory.
  init(scratch: UnsafeMutableRawBufferPointer, heap: Heap, copyingByteCount: Int) {
    arena = Arena(scratch: scratch, budget: .max, heap: heap)
    self.copyingByteCount = copyingByteCount
  }

  /// Calls a function with an encoder.
  ///
  /// Not generic: the standard library's function for memory on the stack looks up metadata at run time in generic
  /// code.
  ///
  /// - Parameters:
  ///   - copyingShortContent: Whether the encoder copies short content to its arena.
  ///   - body: Called once.
  @usableFromInline
  static func lend(copyingShortContent: Bool, _ body: (inout MessageEncoder) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 16) { scratch in
      let copyingByteCount = copyingShortContent ? greatestCopiedByteCount : 0
      var encoder = MessageEncoder(scratch: scratch, heap: .system, copyingByteCount: copyingByteCount)
      body(&encoder)
    }
  }

  /// Lowers a string.
  ///
  /// - Parameter string: The string.
  /// - Returns: The struct's member.
  public mutating func string(_ string: String) -> ProtobufCBinaryData {
    let byteCount = string.utf8.count
    guard byteCount <= copyingByteCount else { return lower(.string(string), byteCount: byteCount) }
    // Not the span, which retains the string.
    return string.utf8.withContiguousStorageIfAvailable { copy(UnsafeRawBufferPointer($0)) }
      ?? lower(.string(string), byteCount: byteCount)
  }

  /// Lowers bytes.
  ///
  /// - Parameter bytes: The bytes.
  /// - Returns: The struct's member.
  public mutating func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    guard bytes.count <= copyingByteCount else { return lower(.bytes(bytes), byteCount: bytes.count) }
    return bytes.withUnsafeBytes { copy($0) }
  }

  /// Lowers bytes of another type than an array, such as Foundation's `Data`.
  ///
  /// - Parameter bytes: The bytes. They are copied once more if they are not in one piece.
  /// - Returns: The struct's member.
  public mutating func bytes(_ bytes: some Collection<UInt8>) -> ProtobufCBinaryData {
    let byteCount = bytes.count
    if byteCount <= copyingByteCount,
      let data = bytes.withContiguousStorageIfAvailable({ copy(UnsafeRawBufferPointer($0)) })
    {
      return data
    }
    return lower(.collection(bytes), byteCount: byteCount)
  }

  /// Lowers a sub-message.
  ///
  /// - Parameters:
  ///   - value: The sub-message, or nil to leave it out.
  ///   - layout: Its layout.
  /// - Returns: The struct's member.
  @inlinable
  public mutating func message<Layout: MessageLayout>(
    _ value: Layout.Value?,
    as layout: Layout.Type
  ) -> UnsafeMutablePointer<Layout.CMessage>? {
    guard let value else { return nil }
    return lower(value, as: layout)
  }

  /// Lowers a message to a struct that lives as long as the encoder.
  @inlinable
  mutating func lower<Layout: MessageLayout>(
    _ value: Layout.Value,
    as layout: Layout.Type
  ) -> UnsafeMutablePointer<Layout.CMessage> {
    // Zero bytes are a value of every C struct, and the alignment of the arena is enough for each.
    let message = allocateZeros(byteCount: MemoryLayout<Layout.CMessage>.size)
      .bindMemory(to: Layout.CMessage.self, capacity: 1)
    layout.initialize(&message.pointee)
    // Those of the message around this one.
    var outerExtraFields: [UInt8] = []
    swap(&extraFields, &outerExtraFields)
    layout.write(value, to: &message.pointee, with: &self)
    swap(&extraFields, &outerExtraFields)
    return message
  }

  /// Allocates zero bytes in the arena.
  @usableFromInline
  mutating func allocateZeros(byteCount: Int) -> UnsafeMutableRawPointer {
    let memory = allocate(UInt8.self, count: byteCount)
    memory.initialize(repeating: 0, count: byteCount)
    return UnsafeMutableRawPointer(memory)
  }

  /// Takes the content of all strings and bytes that were lowered.
  mutating func takeContents() -> ContentList {
    var taken = ContentList()
    swap(&taken, &contents)
    return taken
  }

  /// Allocates elements in the arena, uninitialized.
  @inlinable
  mutating func allocate<Element>(_ type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
    // Fresh memory of the arena has no type yet, and its alignment is enough for every member of a struct.
    allocate(byteCount: count * MemoryLayout<Element>.stride).bindMemory(to: type, capacity: count)
  }

  @usableFromInline
  mutating func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    guard let memory = arena.allocate(byteCount: byteCount) else {
      fatalError("out of memory while encoding a protobuf message")
    }
    return memory
  }

  mutating func lower(_ content: Content, byteCount: Int) -> ProtobufCBinaryData {
    // protobuf-c takes a length of 0 for an absent field, or writes it without asking for content.
    guard byteCount > 0 else { return ProtobufCBinaryData() }
    guard byteCount > copyingByteCount, contents.count < ContentMarkers.count else {
      var data = ProtobufCBinaryData()
      content.withBytes { data = copy($0) }
      return data
    }
    defer { contents.append(content) }
    return ProtobufCBinaryData(len: byteCount, data: ContentMarkers.marker(for: contents.count))
  }

  /// Copies content to the arena.
  private mutating func copy(_ content: UnsafeRawBufferPointer) -> ProtobufCBinaryData {
    guard let start = content.baseAddress, content.count > 0 else { return ProtobufCBinaryData() }
    copyingByteCount -= content.count
    let memory = allocate(byteCount: content.count)
    memory.copyMemory(from: start, byteCount: content.count)
    // Fresh memory of the arena has no type yet.
    return ProtobufCBinaryData(len: content.count, data: memory.bindMemory(to: UInt8.self, capacity: content.count))
  }
}
