import CGRPC
import Glibc

/// C-core's channel arguments: settings of a channel or a server, by name.
struct ChannelArguments: Sendable {
  private enum Value: Sendable {
    case plain(ChannelArgument)
    case resourceQuota(ResourceQuota)
  }

  /// Zero-copy sending corrupts the data that is sent (CVE-2024-11407).
  private static let refused: Set = ["grpc.experimental.tcp_tx_zerocopy_enabled"]

  private static let enabledAlgorithms = "grpc.compression_enabled_algorithms_bitset"
  private static let decompression = "grpc.per_message_decompression"
  private static let headerLimit = "grpc.max_metadata_size"

  private var values: [String: Value] = [:]
  private var inflatesMessages = false
  private var refusesCompression = false
  private var receivedMetadataLimit = Int.max
  private var sentMetadataLimit = Int.max

  /// The argument of a name, if it is a number or a text.
  subscript(key: String) -> ChannelArgument? {
    guard case .plain(let value) = values[key] else { return nil }
    return value
  }

  /// Sets the arguments that a user named, except those that must not be set.
  mutating func set(_ arguments: [String: ChannelArgument]) {
    // A user who decides on decompression gets the messages as C-core gives them.
    if arguments[Self.decompression] != nil { inflatesMessages = false }
    if arguments[Self.enabledAlgorithms] != nil, !inflatesMessages { values[Self.decompression] = nil }
    if (arguments[Self.decompression] ?? arguments[Self.enabledAlgorithms]) != nil { refusesCompression = false }
    for (key, value) in arguments where !Self.refused.contains(key) { values[key] = .plain(value) }
  }

  mutating func set(_ key: String, to value: Int) {
    values[key] = .plain(.integer(Int32(clamping: value)))
  }

  /// Makes ``MessageInflation`` inflate compressed messages, or refuses them; C-core does not inflate them.
  mutating func leaveInflation(toMessageInflation inflates: Bool) {
    set(Self.decompression, to: false)
    inflatesMessages = inflates
    refusesCompression = !inflates
  }

  /// Sets the largest header blocks with metadata, in bytes.
  ///
  /// C-core closes the connection for a header block over its limit, and with it ends every call of the connection. So
  /// C-core gets a higher limit, and the library refuses a header block that is over the given limit, for its call
  /// alone. C-core announces the higher limit to the peer. C-core 1.51 counts each frame of a header block anew, and
  /// takes 16 MiB until the peer has acknowledged the settings: ``HeaderBlockLimit`` bounds the frames, and both.
  mutating func setMetadataLimits(received: Int, sent: Int) {
    receivedMetadataLimit = received
    sentMetadataLimit = sent
    let (lowest, largest) = (1024 * 1024, 16 * 1024 * 1024)
    set(Self.headerLimit, to: max(lowest, 2 * min(received, largest / 2)))
  }

  /// The limits of a server's calls.
  var serverCallLimits: CallLimits {
    CallLimits(
      inflation: inflationLimit,
      refusesCompression: refusesCompression,
      enabledAlgorithms: accepted,
      receivedMetadata: receivedMetadataLimit,
      sentMetadata: sentMetadataLimit - HeaderBlockSize.ofServer
    )
  }

  /// The limits of a channel's calls, without the method's path and the authority, which are sent in the same header
  /// block.
  var clientCallLimits: CallLimits {
    let userAgent = ["grpc.primary_user_agent", "grpc.secondary_user_agent"].map { length(ofText: $0) }.reduce(0, +)
    return CallLimits(
      inflation: inflationLimit,
      refusesCompression: refusesCompression,
      enabledAlgorithms: accepted,
      receivedMetadata: receivedMetadataLimit,
      sentMetadata: sentMetadataLimit - HeaderBlockSize.ofClient(userAgent: userAgent)
    )
  }

  /// Returns the largest length of the authority that a call to `target` has unless it names another one.
  func authorityLength(of target: String) -> Int {
    let names = ["grpc.default_authority", GRPC_SSL_TARGET_NAME_OVERRIDE_ARG].map { length(ofText: $0) }
    // For a socket C-core invents a short name.
    return max(names.max() ?? 0, target.utf8.count, 16)
  }

  private func length(ofText key: String) -> Int {
    guard case .string(let text) = self[key] else { return 0 }
    return text.utf8.count
  }

  /// The algorithms that C-core accepts.
  private var accepted: CompressionAlgorithmSet {
    guard case .integer(let bits) = self[Self.enabledAlgorithms] else { return .all }
    return CompressionAlgorithmSet(rawValue: UInt8(truncatingIfNeeded: bits))
  }

  /// The largest size to which a message may be inflated, in bytes; `nil` if the library inflates no messages.
  private var inflationLimit: Int? {
    guard inflatesMessages else { return nil }
    guard case .integer(let size) = self["grpc.max_receive_message_length"], size >= 0 else { return Int.max }
    return Int(size)
  }

  mutating func set(_ key: String, to value: Bool) { set(key, to: value ? 1 : 0) }

  mutating func set(_ key: String, to value: String) { values[key] = .plain(.string(value)) }

  /// Sets a duration in milliseconds, at least 1 unless it is zero or less; `nil` means never.
  mutating func set(_ key: String, toMillisecondsOf value: Duration?) {
    guard let value else { return set(key, to: Int(Int32.max)) }
    let (seconds, attoseconds) = value.bounded.components
    let milliseconds = Double(seconds) * 1000 + Double(attoseconds) / 1e15
    set(key, to: Int(min(max(milliseconds.rounded(.up), 0), Double(Int32.max))))
  }

  /// Fixes the window of each stream, in bytes, unless it is `nil`.
  mutating func setWindowSize(_ size: Int?) {
    guard let size else { return }
    // C-core's estimate of the bandwidth would replace it.
    set("grpc.http2.bdp_probe", to: false)
    set("grpc.http2.lookahead_bytes", to: size)
  }

  /// The bound on memory, if there is one.
  var resourceQuota: ResourceQuota? {
    guard case .resourceQuota(let quota) = values[GRPC_ARG_RESOURCE_QUOTA] else { return nil }
    return quota
  }

  mutating func set(_ quota: ResourceQuota) { values[GRPC_ARG_RESOURCE_QUOTA] = .resourceQuota(quota) }

  /// Calls `body` with the arguments in C.
  ///
  /// C-core copies them while it is called.
  func withCArguments<Result>(_ body: (UnsafePointer<grpc_channel_args>) -> Result) -> Result {
    if case .integer(let size) = self[Self.headerLimit] { HeaderBlockLimit.raise(to: size) }
    var strings: [UnsafeMutablePointer<CChar>] = unsafe []
    defer { unsafe strings.forEach { unsafe free($0) } }
    func copy(_ text: String) -> UnsafeMutablePointer<CChar> {
      guard let copy = unsafe strdup(text) else { preconditionFailure("out of memory") }
      unsafe strings.append(copy)
      return unsafe copy
    }
    var args = unsafe values.sorted { $0.key < $1.key }.map { key, value in
      switch value {
      case .plain(.integer(let integer)): unsafe cgrpc_arg_integer(copy(key), integer)
      case .plain(.string(let string)): unsafe cgrpc_arg_string(copy(key), copy(string))
      case .resourceQuota(let quota):
        // C-core takes a reference of its own through the vtable, which is static.
        unsafe cgrpc_arg_pointer(copy(key), UnsafeMutableRawPointer(quota.handle), grpc_resource_quota_arg_vtable())
      }
    }
    return unsafe args.withUnsafeMutableBufferPointer { args in
      var list = unsafe grpc_channel_args(num_args: args.count, args: args.baseAddress)
      return unsafe body(&list)
    }
  }
}

/// A bound on the memory that C-core uses for connections and calls.
@safe final class ResourceQuota: @unchecked Sendable {
  // Unchecked, because of the handle: `grpc_resource_quota` is thread-safe and reference-counted.

  let handle: OpaquePointer
  private let library = Library()

  init(bytes: Int) {
    unsafe handle = grpc_resource_quota_create("coregrpc")
    unsafe grpc_resource_quota_resize(handle, bytes)
  }

  deinit { unsafe grpc_resource_quota_unref(handle) }

  private struct Reference: Sendable {
    weak let quota: ResourceQuota?
  }

  private static let shared = Locked<[Int: Reference]>([:])

  /// Returns the one quota of a size while it is in use, so that channels with equal settings share connections.
  static func shared(bytes: Int) -> ResourceQuota {
    // Made and released outside of the lock: C-core may log, and a handler is a program's code.
    let new = ResourceQuota(bytes: bytes)
    return shared.withLock { shared in
      if let quota = shared[bytes]?.quota { return quota }
      shared = shared.filter { $0.value.quota != nil }
      shared[bytes] = Reference(quota: new)
      return new
    }
  }
}
