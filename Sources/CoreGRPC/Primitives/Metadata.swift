/// The metadata of a call: an ordered list of keys and values, in which a key may stand several times.
///
/// Keys are case-insensitive and kept in lower case, as HTTP/2 sends them. A key that ends in `-bin` has bytes for its
/// value, any other has printable ASCII text. The rules are those of
/// <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>; a call with metadata that breaks them fails with
/// an error that names the key, before anything is sent.
///
/// Some keys are not a program's to set:
///
/// - HTTP's own are ignored at both ends: `connection`, `content-length`, `content-type`, `host`, `keep-alive`, `proxy-connection`,
///   `te`, `transfer-encoding`, `upgrade` and `user-agent`. So a handler may send on what it has received.
/// - Those that begin with `grpc-` are gRPC's. A client's call with one fails with ``RPCError/Code/invalidArgument``, except for
///   `grpc-previous-rpc-attempts`, which is ignored. What a server sends is sent without them. `grpc-status-details-bin` is sent,
///   and by a server `grpc-retry-pushback-ms`. `grpc-trace-bin` and `grpc-tags-bin` are not: C-core 1.51 breaks connections with
///   them, and does not hand out received ones.
///
/// ```swift
/// var metadata: Metadata = ["x-request-id": "42"]
/// metadata.addString("blue", forKey: "x-colour")
/// metadata.addBinary([0, 255], forKey: "x-trace-bin")
/// let colours = Array(metadata[stringValues: "x-colour"])
/// ```
public struct Metadata: Sendable {
  /// What a peer has sent, until it is changed.
  ///
  /// Not the two as cases of an enumeration: that marks the pointers, and LeakSanitizer does not follow marked ones.
  private var received: ReceivedMetadata?

  /// The entries, if ``received`` has none and there are any.
  private var own: MetadataEntries?

  /// Creates empty metadata.
  public init() {}

  /// What a peer has sent.
  init(received: ReceivedMetadata) { self.received = received }

  private var entries: [MetadataEntry] {
    guard let received else { return own?.list ?? [] }
    return (0..<received.count).map { MetadataEntry(key: received.key(at: $0), value: received.value(at: $0)) }
  }

  private mutating func change(_ body: (inout [MetadataEntry]) -> Void) {
    var entries = takeEntries()
    body(&entries)
    own = MetadataEntries(entries)
  }

  /// The entries, of which nobody else has a copy then if nobody had one of this value.
  private mutating func takeEntries() -> [MetadataEntry] {
    defer { received = nil }
    return own.take()?.list ?? entries
  }

  /// Reserves room for `minimumCapacity` entries in all.
  public mutating func reserveCapacity(_ minimumCapacity: Int) { change { $0.reserveCapacity(minimumCapacity) } }

  /// Adds a text value behind those that the key has.
  public mutating func addString(_ value: String, forKey key: String) { add(.string(value), forKey: key) }

  /// Adds bytes behind the values that the key has.
  ///
  /// The key must end in `-bin`.
  public mutating func addBinary(_ value: [UInt8], forKey key: String) { add(.binary(value), forKey: key) }

  /// Adds a value behind those that the key has.
  public mutating func add(_ value: Value, forKey key: String) {
    change { $0.append(MetadataEntry(key: Self.normalized(key), value: value)) }
  }

  /// Adds all entries of `other`, in their order.
  public mutating func add(contentsOf other: Metadata) { change { $0.append(contentsOf: other.entries) } }

  /// Replaces all the values of a key by one text value.
  public mutating func replaceOrAddString(_ value: String, forKey key: String) {
    removeAllValues(forKey: key)
    addString(value, forKey: key)
  }

  /// Replaces all the values of a key by one value of bytes.
  public mutating func replaceOrAddBinary(_ value: [UInt8], forKey key: String) {
    removeAllValues(forKey: key)
    addBinary(value, forKey: key)
  }

  /// Removes every value of a key.
  public mutating func removeAllValues(forKey key: String) {
    let key = Self.normalized(key)
    change { $0.removeAll { $0.key == key } }
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

  /// The byte values of a key, in their order.
  public subscript(binaryValues key: String) -> [[UInt8]] {
    self[key].compactMap { if case .binary(let value) = $0 { value } else { nil } }
  }

  private static func normalized(_ key: String) -> String {
    key.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? key.lowercased() : key
  }
}

extension Metadata {
  /// The value of one entry.
  public enum Value: Sendable, Hashable {
    /// Printable ASCII, for keys that do not end in `-bin`.
    case string(String)
    /// Any bytes, for keys that end in `-bin`.
    case binary([UInt8])
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

  /// The position behind the last entry.
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

extension Metadata: CustomStringConvertible {
  /// The keys alone: values may be secrets, and descriptions end up in logs.
  public var description: String { "[" + map(\.key).joined(separator: ", ") + "]" }
}
