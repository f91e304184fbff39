/// The fields of a message that its type does not know: those of a newer version of its `.proto` file, most often.
///
/// They are kept when a message is decoded and written back when it is encoded, as protobuf's specification asks. So
/// are extensions and fields that came with another wire type than their own.
@frozen
public struct UnknownFields: Sendable, Hashable {
  /// The fields with their tags, in protobuf's wire format and in the order they came.
  @usableFromInline var serializedBytes: [UInt8]

  /// Creates a value without fields.
  @inlinable
  public init() { serializedBytes = [] }

  /// Whether there are no fields.
  @inlinable
  public var isEmpty: Bool { serializedBytes.isEmpty }

  /// The size of the fields on the wire, in bytes.
  public var byteCount: Int { serializedBytes.count }

  /// Writes the first tag with as few bytes as it takes, which is how protobuf-c writes it.
  mutating func normalizeFirstTag() {
    guard let (tag, byteCount) = WireReader.firstTag(of: serializedBytes) else { return }
    var bytes: [UInt8] = []
    tag.forEachByte { bytes.append($0) }
    if bytes.count < byteCount { serializedBytes.replaceSubrange(..<byteCount, with: bytes) }
  }
}
