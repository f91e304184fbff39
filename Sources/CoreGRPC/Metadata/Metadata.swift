/// The metadata of a call: an ordered list of keys and values, in which a key may occur several times.
///
/// Keys are case-insensitive and kept in lower case, as HTTP/2 sends them. A key that ends in `-bin` has bytes for its
/// value, or text that is base64, as on the wire; any other has printable ASCII text. The rules are those of
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>; a call with metadata that breaks them fails with
/// an error that names the key, before anything is sent.
///
/// Some keys are not a program's to set:
///
/// - HTTP's own are ignored at both ends: `connection`, `content-length`, `content-type`, `host`, `keep-alive`,
///   `proxy-connection`, `te`, `transfer-encoding`, `upgrade` and `user-agent`. So a handler may send on what it has
///   received.
/// - Those that begin with `grpc-` are gRPC's. A client's call with one fails with ``RPCError/Code/invalidArgument``,
///   except for `grpc-previous-rpc-attempts`, which is ignored. What a server sends is sent without them.
///   `grpc-status-details-bin` is sent, and by a server `grpc-retry-pushback-ms`. `grpc-trace-bin` and `grpc-tags-bin`
///   are not: C-core 1.51 breaks connections with them, and does not hand out received ones.
///
/// ```swift
/// var metadata: Metadata = ["x-request-id": "42"]
/// metadata.addString("blue", forKey: "x-colour")
/// metadata.addBinary([0, 255], forKey: "x-trace-bin")
/// let colours = Array(metadata[stringValues: "x-colour"])
/// ```
public struct Metadata: Sendable {
  /// The entries that a peer has sent, until they are changed.
  ///
  /// This property and the next one are not the cases of an enumeration: that marks the pointers, and LeakSanitizer
  /// does not follow marked ones.
  private var received: ReceivedMetadata?

  /// The entries, if ``received`` has none and there are any.
  private var own: MetadataEntries?

  /// Creates empty metadata.
  public init() {}

  /// Creates metadata of entries, in their order; a key may stand several times.
  public init(_ elements: some Sequence<Element>) { add(contentsOf: elements) }

  /// Creates metadata that a peer has sent.
  init(received: ReceivedMetadata) { self.received = received }

  private var entries: [MetadataEntry] {
    guard let received else { return own?.list ?? [] }
    return (0..<received.count).map { MetadataEntry(key: received.key(at: $0), value: received.value(at: $0)) }
  }

  private mutating func change(_ body: (inout [MetadataEntry]) throws -> Void) rethrows {
    var entries = takeEntries()
    defer { own = MetadataEntries(entries) }
    try body(&entries)
  }

  /// Takes the entries, of which no other copy exists then if no other value had one.
  private mutating func takeEntries() -> [MetadataEntry] {
    defer { received = nil }
    return own.take()?.list ?? entries
  }

  /// The number of entries for which there is room.
  public var capacity: Int { received?.count ?? own?.list.capacity ?? 0 }

  /// Reserves room for `minimumCapacity` entries in all.
  public mutating func reserveCapacity(_ minimumCapacity: Int) { change { $0.reserveCapacity(minimumCapacity) } }

  /// Adds a text value after those that the key has.
  ///
  /// - Parameters:
  ///   - value: The text, in printable ASCII.
  ///   - key: The key, which must not end in `-bin`.
  public mutating func addString(_ value: String, forKey key: String) { add(.string(value), forKey: key) }

  /// Adds bytes after the values that the key has.
  ///
  /// The key must end in `-bin`.
  ///
  /// - Parameters:
  ///   - value: The bytes.
  ///   - key: The key, which must end in `-bin`.
  public mutating func addBinary(_ value: [UInt8], forKey key: String) { add(.binary(value), forKey: key) }

  /// Adds a value after those that the key has.
  ///
  /// - Parameters:
  ///   - value: The value.
  ///   - key: The key. It must end in `-bin` if the value is bytes.
  public mutating func add(_ value: Value, forKey key: String) {
    change { $0.append(MetadataEntry(key: Self.normalized(key), value: value)) }
  }

  /// Adds entries, in their order.
  public mutating func add(contentsOf other: some Sequence<Element>) {
    change { $0.append(contentsOf: other.map { MetadataEntry(key: Self.normalized($0.key), value: $0.value) }) }
  }

  /// Adds all entries of `other`, in their order.
  public mutating func add(contentsOf other: Metadata) { change { $0.append(contentsOf: other.entries) } }

  /// Replaces all the values of a key by one text value.
  ///
  /// - Parameters:
  ///   - value: The text, in printable ASCII.
  ///   - key: The key, which must not end in `-bin`.
  public mutating func replaceOrAddString(_ value: String, forKey key: String) {
    removeAllValues(forKey: key)
    addString(value, forKey: key)
  }

  /// Replaces all the values of a key by one value of bytes.
  ///
  /// - Parameters:
  ///   - value: The bytes.
  ///   - key: The key, which must end in `-bin`.
  public mutating func replaceOrAddBinary(_ value: [UInt8], forKey key: String) {
    removeAllValues(forKey: key)
    addBinary(value, forKey: key)
  }

  /// Removes every value of a key.
  public mutating func removeAllValues(forKey key: String) {
    let key = Self.normalized(key)
    change { $0.removeAll { $0.key == key } }
  }

  /// Removes every entry.
  ///
  /// - Parameter keepingCapacity: Whether the room for the entries is kept.
  public mutating func removeAll(keepingCapacity: Bool = false) {
    if keepingCapacity { change { $0.removeAll(keepingCapacity: true) } } else { self = Metadata() }
  }

  /// Removes the entries that a predicate is true of.
  ///
  /// - Parameter predicate: Gets the key, in lower case, and the value of an entry.
  /// - Throws: The predicate's error.
  public mutating func removeAll(where predicate: (_ key: String, _ value: Value) throws -> Bool) rethrows {
    try change { try $0.removeAll { try predicate($0.key, $0.value) } }
  }

  /// The values of each key, in their order.
  public var valuesByKey: [String: [Value]] {
    Dictionary(grouping: entries, by: \.key).mapValues { $0.map(\.value) }
  }

  /// The values of a key, in their order.
  public subscript(_ key: String) -> [Value] {
    let key = Self.normalized(key)
    return received?.values(forKey: key) ?? own?.list.compactMap { $0.key == key ? $0.value : nil } ?? []
  }

  /// The text values of a key, in their order.
  public subscript(stringValues key: String) -> [String] {
    self[key].compactMap { if case .string(let value) = $0 { value } else { nil } }
  }

  /// The byte values of a key, in their order, and the bytes of those text values that are base64.
  public subscript(binaryValues key: String) -> [[UInt8]] {
    self[key].compactMap { value in
      switch value {
      case .binary(let bytes): bytes
      case .string(let text): Base64.decode(text)
      }
    }
  }

  private static func normalized(_ key: String) -> String {
    key.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? key.lowercased() : key
  }
}

extension Metadata {
  /// The value of one entry.
  public enum Value: Sendable, Hashable {
    /// Printable ASCII; for keys that end in `-bin` the base64 of the bytes that are meant.
    case string(String)
    /// Any bytes, for keys that end in `-bin`.
    case binary([UInt8])

    /// The text, or the base64 of the bytes, without padding.
    public func encoded() -> String {
      switch self {
      case .string(let text): text
      case .binary(let bytes): Base64.encode(bytes)
      }
    }
  }
}

extension Metadata.Value: CustomStringConvertible {
  /// The text, or the bytes as an array is described.
  ///
  /// A value may be a secret: describe the ``Metadata`` in logs, which leaves the values out.
  public var description: String {
    switch self {
    case .string(let text): text
    case .binary(let bytes): bytes.description
    }
  }
}

extension Metadata.Value: ExpressibleByStringInterpolation {
  /// A text value.
  public init(stringLiteral value: String) { self = .string(value) }
}

extension Metadata.Value: ExpressibleByArrayLiteral {
  /// A value of bytes.
  public init(arrayLiteral elements: UInt8...) { self = .binary(elements) }
}

extension Metadata: RandomAccessCollection {
  /// A key, in lower case, and one of its values.
  public typealias Element = (key: String, value: Value)

  /// The first entry's position, 0.
  public var startIndex: Int { 0 }

  /// The position after the last entry.
  public var endIndex: Int { received?.count ?? own?.list.count ?? 0 }

  /// The entry at a position.
  public subscript(position: Int) -> Element {
    if let received { return (received.key(at: position), received.value(at: position)) }
    guard let own else { preconditionFailure("metadata has no such entry") }
    return (own.list[position].key, own.list[position].value)
  }
}

extension Metadata: Hashable {
  /// Whether the two have equal entries in the same order.
  public static func == (first: Metadata, second: Metadata) -> Bool { first.entries == second.entries }

  /// Hashes the entries.
  public func hash(into hasher: inout Hasher) { hasher.combine(entries) }
}

extension Metadata: ExpressibleByDictionaryLiteral {
  /// Metadata of the entries, in their order; a key may stand several times.
  public init(dictionaryLiteral elements: (String, Value)...) {
    self.init()
    for (key, value) in elements { add(value, forKey: key) }
  }
}

extension Metadata: ExpressibleByArrayLiteral {
  /// Metadata of the entries, in their order; a key may stand several times.
  public init(arrayLiteral elements: (String, Value)...) {
    self.init()
    for (key, value) in elements { add(value, forKey: key) }
  }
}

extension Metadata: CustomStringConvertible {
  /// The keys alone: values may be secrets, and descriptions end up in logs.
  public var description: String { "[" + map(\.key).joined(separator: ", ") + "]" }
}
