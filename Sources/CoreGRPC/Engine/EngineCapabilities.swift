import CEngine
import CGRPC

/// The abilities of the engine, the C-core that is loaded, which differ from version to version.
///
/// This is the only place that asks for the version at run time. Code that depends on an ability asks for the ability.
/// The differences that the compiler must see are in the C target `CEngine`.
struct EngineCapabilities: Sendable, Hashable {
  /// The version of C-core, for instance `"29.0.0"` for gRPC 1.51.
  let version: String

  /// Whether C-core writes its log through abseil, as it does since gRPC 1.65.
  let logsThroughAbseil: Bool

  /// Whether a channel that can retry survives a response without `grpc-status`, by C-core itself.
  ///
  /// Where it does not, the retry filter reads the status that is missing. That ends the process where abseil was built
  /// with its checks, as Debian's is. See <https://github.com/grpc/grpc/pull/42405>. `Interposition.md` says how the
  /// library completes such a response.
  let retriesSurviveMissingStatus: Bool

  /// Whether a retry is made whose delay is less than a millisecond: by `grpc-retry-pushback-ms: 0`, or after a backoff
  /// of a millisecond.
  ///
  /// Where it is not, the call waits for its deadline: C-core's timer fires at once and has no handle, and the retry
  /// takes that for a cancellation.
  let makesImmediateRetries: Bool

  /// Whether the load-balancing policy `ring_hash_experimental` works.
  ///
  /// Where it does not, the first connection that it opens ends the process. gRPC 1.50 and 1.51 call a function of one
  /// class on an object of another. See <https://github.com/grpc/grpc/pull/32012>.
  let hasRingHash: Bool

  /// The names of the load-balancing policies that a service config can have.
  let loadBalancingPolicies: Set<String>

  /// Whether `pick_first` can try its addresses in a random order.
  let shufflesAddresses: Bool

  /// Whether `ring_hash_experimental` can hash a header that the service config names.
  let hashesNamedHeader: Bool

  /// Whether a call can ask for a second message beside a batch that has received the first.
  ///
  /// C-core keeps the status of a call until all of its messages are read. So a unary call whose response has two
  /// messages does not end, unless the second one is read, too.
  let takesSecondMessage: Bool

  /// Whether C-core exposes the flags of a message: see ``MessageFlags``.
  let tellsMessageFlags: Bool

  /// Whether C-core ends a call with a header of gRPC's or HTTP's that it cannot read, such as an unknown
  /// `grpc-encoding`; otherwise it ignores the header.
  let refusesUnreadableHeaders: Bool

  /// Whether a call with a response header that C-core cannot read ends with INTERNAL; otherwise it ends with UNKNOWN,
  /// which gRPC's specification wants for a `grpc-status` that is no number.
  let endsUnreadableHeadersInternally: Bool

  /// Whether C-core holds a peer to the limit of headers before the peer has acknowledged it, and ends the call alone;
  /// otherwise it takes 16 MiB until then, and closes the connection from then on.
  let enforcesHeaderLimit: Bool

  /// Whether C-core limits the frames of a header block; ``HeaderBlockLimit`` does so otherwise.
  let limitsHeaderBlocks: Bool

  /// Whether C-core's log has a line when a ping has had no answer.
  let logsPingTimeouts: Bool

  /// Whether C-core has removed the files of a server's Unix sockets when the server has shut down.
  let removesSocketFiles: Bool

  /// Whether C-core's dump of the xDS resources is that of all clients in the process, in a `ClientStatusResponse`; it
  /// is the `ClientConfig` of the only client otherwise.
  let dumpsAllXDSClients: Bool

  /// The engine that is loaded.
  static let current = EngineCapabilities(
    version: unsafe String(cString: grpc_version_string()),
    logsThroughAbseil: cengine_log_is_abseils(),
    hashesNamedHeader: Environment.text(hashKeyVariable)
  )

  /// The file that the engine was loaded from, as the loader names it.
  static let file = unsafe cengine_file().map { unsafe String(cString: $0) } ?? "a file without a name"

  /// The variable that has `ring_hash_experimental` take the header that a service config names.
  static let hashKeyVariable = "GRPC_EXPERIMENTAL_RING_HASH_SET_REQUEST_HASH_KEY"

  /// - Parameters:
  ///   - version: The version of C-core, as in `"29.0.0"`, which is gRPC 1.51's; one that cannot be read counts as old.
  ///   - logsThroughAbseil: Whether its log is abseil's, which its headers tell.
  ///   - hashesNamedHeader: The value of ``hashKeyVariable``; `nil` if it is not set.
  init(version: String, logsThroughAbseil: Bool, hashesNamedHeader: String? = nil) {
    self.version = version
    self.logsThroughAbseil = logsThroughAbseil
    let major = version.split(separator: ".").first.flatMap { Int($0) } ?? 0
    // `scripts/core` mends that in older sources, and says so in the version.
    retriesSurviveMissingStatus = major >= 58 || version.hasSuffix("+patched")
    // By the sources of 1.64.3 and 1.85.3. `scripts/core` mends that, too.
    makesImmediateRetries = major <= 41 || version.hasSuffix("+patched")
    hasRingHash = major >= 30
    let always: Set = [
      "grpclb", "outlier_detection_experimental", "pick_first", "priority_experimental", "ring_hash_experimental",
      "rls_experimental", "round_robin", "weighted_target_experimental",
    ]
    // The policies and their settings by the sources of gRPC 1.51, 1.64.3 and 1.85.
    loadBalancingPolicies = major > 29 ? always.union(["weighted_round_robin"]) : always
    shufflesAddresses = major > 29
    // C-core's words for true.
    let isTrue = ["1", "t", "true", "y", "yes"].contains(hashesNamedHeader?.lowercased())
    self.hashesNamedHeader = major >= 58 && isTrue
    takesSecondMessage = major == 29
    tellsMessageFlags = major == 29
    // Tried with 29, 41 and 58.
    refusesUnreadableHeaders = major > 29
    endsUnreadableHeadersInternally = major > 41
    enforcesHeaderLimit = major > 29
    limitsHeaderBlocks = major > 29
    // By the sources of 1.64.3 and 1.85: the newer one has it in a trace.
    logsPingTimeouts = major <= 41
    removesSocketFiles = major <= 29
    dumpsAllXDSClients = major > 29
  }
}
