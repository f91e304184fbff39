import ProtobufCWellKnownTypes

/// Decides which messages keep their fields in shared storage on the heap, and which in the value itself.
///
/// The decision follows from the descriptors of a message and of the messages that it can hold, and from nothing else,
/// so that two runs of the generator agree on a message. (They need not: the code that uses a message is the same for
/// both.)
struct StorageAnalysis {
  /// The largest size of a message that keeps its fields in the value, in bytes.
  ///
  /// Measured with 4 to 64 fields of several kinds, in a release build. From about 24 fields on, which take 248 bytes,
  /// decoding is faster with shared storage, above all of messages of which few fields are set. A copy takes 20 ns with
  /// it, and 10 ns for each field without. To make a message and set two of its fields always takes longer with it, by
  /// 150 ns.
  static let maximumByteCount = 256

  private var shared: Set<String> = []

  /// Decides for all messages.
  ///
  /// - Parameters:
  ///   - fields: The fields of each message.
  ///   - recursion: Knows which fields lead back to the same type of message.
  init(_ fields: [String: [FieldModel]], recursion: RecursionAnalysis) {
    var sizes: [String: Extent] = [:]
    for message in fields.keys { _ = extent(of: message, fields, recursion, &sizes) }
  }

  /// Whether a message keeps its fields in shared storage.
  func isShared(_ message: String) -> Bool { shared.contains(message) }

  /// The size of a message's value.
  private mutating func extent(
    of message: String,
    _ fields: [String: [FieldModel]],
    _ recursion: RecursionAnalysis,
    _ sizes: inout [String: Extent]
  ) -> Extent {
    if let size = sizes[message] { return size }
    var whole = Extent()
    var oneOfs: [Int: Extent] = [:]
    for field in fields[message] ?? [] {
      var value = Extent.pointer
      switch (field.shape, field.type) {
      case (.repeated, _), (.map, _): break
      case (_, .message(let target)):
        // One that leads back is kept by `Indirect`, which is a pointer. The others have no way back to this message.
        if !recursion.isRecursive(from: message, to: field.type) {
          value = extent(of: target, fields, recursion, &sizes)
        }
      case (let shape, let type): value = Extent(of: type, isOptional: shape.isOptional && field.oneOfIndex == nil)
      }
      if let index = field.oneOfIndex {
        oneOfs[index] = Extent.larger(oneOfs[index], value)
      } else {
        whole.append(value)
      }
    }
    for (_, payload) in oneOfs.sorted(by: { $0.key < $1.key }) {
      whole.append(payload.withTag)
    }
    // The unknown fields.
    whole.append(.pointer)
    if whole.byteCount > Self.maximumByteCount {
      shared.insert(message)
      whole = .pointer
    }
    sizes[message] = whole
    return whole
  }
}

/// The approximate size and alignment of a value in Swift: a type's spare bits may save a tag.
private struct Extent {
  var byteCount = 0
  var alignment = 1

  static let pointer = Extent(byteCount: 8, alignment: 8)

  init() {}

  init(byteCount: Int, alignment: Int) {
    self.byteCount = byteCount
    self.alignment = alignment
  }

  /// Creates the extent of a field, in which a message counts as one pointer.
  ///
  /// Bytes count as Foundation's `Data`, whatever the options are.
  init(of type: ValueType, isOptional: Bool) {
    switch type {
    case .number("Int32"), .number("UInt32"), .number("Float"): self.init(byteCount: 4, alignment: 4)
    case .number: self.init(byteCount: 8, alignment: 8)
    case .bool: self.init(byteCount: 1, alignment: 1)
    case .string, .bytes: self.init(byteCount: 16, alignment: 8)
    // A number, or one of the cases.
    case .enumeration: self.init(byteCount: 5, alignment: 4)
    case .message: self = .pointer
    }
    if isOptional, case .number = type { self = withTag }
  }

  var withTag: Extent { Extent(byteCount: byteCount + 1, alignment: alignment) }

  mutating func append(_ other: Extent) {
    byteCount = (byteCount + other.alignment - 1) / other.alignment * other.alignment + other.byteCount
    alignment = max(alignment, other.alignment)
  }

  static func larger(_ one: Extent?, _ other: Extent) -> Extent {
    guard let one else { return other }
    return Extent(
      byteCount: max(one.byteCount, other.byteCount),
      alignment: max(one.alignment, other.alignment)
    )
  }
}
