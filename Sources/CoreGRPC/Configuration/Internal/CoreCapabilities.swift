/// The abilities of the C-core in use that differ from version to version.
///
/// This is the only place that asks for the version. Code that depends on an ability asks for the ability.
struct CoreCapabilities: Sendable, Hashable {
  /// Whether a channel that can retry survives a response without `grpc-status`.
  ///
  /// Where it does not, the retry filter reads the status that is missing. That ends the process where abseil was built
  /// with its checks, as Debian's is. See <https://github.com/grpc/grpc/pull/42405>.
  let retriesSurviveMissingStatus: Bool

  /// Whether the load-balancing policy `ring_hash_experimental` works.
  ///
  /// Where it does not, the first connection that it opens ends the process. gRPC 1.50 and 1.51 call a function of one
  /// class on an object of another. See <https://github.com/grpc/grpc/pull/32012>.
  let hasRingHash: Bool

  /// Whether a call can ask for a second message beside a batch that has received the first.
  ///
  /// C-core keeps the status of a call until all of its messages are read. So a unary call whose response has two
  /// messages does not end, unless the second one is read, too.
  let takesSecondMessage: Bool

  /// Whether C-core exposes the flags of a message: see ``MessageFlags``.
  let tellsMessageFlags: Bool

  /// The C-core in use.
  static let current = CoreCapabilities(coreVersion: Library.coreVersion)

  /// - Parameter coreVersion: The version of C-core, as in `"29.0.0"`, which is gRPC 1.51's; one that cannot be read
  ///   counts as old.
  init(coreVersion: String) {
    let major = coreVersion.split(separator: ".").first.flatMap { Int($0) } ?? 0
    retriesSurviveMissingStatus = major >= 58
    hasRingHash = major >= 30
    takesSecondMessage = major == 29
    tellsMessageFlags = major == 29
  }
}
