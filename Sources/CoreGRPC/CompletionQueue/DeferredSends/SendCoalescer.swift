import CGRPC
import Synchronization

/// The start of several calls' last batches such that C-core writes them together: with a few system calls, in place of
/// one for each.
///
/// C-core immediately writes a batch that a thread starts, and writes together the batches that are started while it
/// writes. So the leader's batch is started in parts, and a slice without bytes goes along with its message. C-core
/// destroys that slice when it has written the message, while it still holds the connection; the slice's destructor
/// starts the followers. C-core then leaves the accumulated writes to a thread of its own.
///
/// Only speed depends on when the slice is destroyed: the poller starts the followers that C-core has not started when
/// the leader's last part was. `DeferredSends.md`, beside this file, lists the assumptions.
final class SendCoalescer: Operation, @unchecked Sendable {
  // Unchecked as its superclass is. It is the operation of the parts but the last, whose completion nothing waits for.

  /// The least number of sends for which coalescing takes less time than to start each on its own.
  static let leastCount = 8

  private struct State {
    /// The followers that have not been started.
    var waiting: ArraySlice<any DeferrableSend>
    /// Those that the slice's destructor has started, until they are released outside of C-core.
    var started: ArraySlice<any DeferrableSend> = []
    /// Whether the thread that started the leader takes no more followers to release.
    var isFlushOver = false
  }

  private let state: Locked<State>
  private let executor: PollerExecutor

  /// Starts deferred sends in C-core, those on one connection together if they are enough.
  ///
  /// - Parameters:
  ///   - sends: The sends.
  ///   - executor: The executor of the work that must not be done within C-core.
  static func start(_ sends: [any DeferrableSend], executor: PollerExecutor) {
    SendCounts.deferredCount.add(sends.count, ordering: .relaxed)
    let connections = sends.count >= leastCount ? sends.map { $0.coalescingConnection } : []
    guard let first = connections.first else { return startOneByOne(sends) }
    if connections.allSatisfy({ $0 == first }) {
      return first == nil ? startOneByOne(sends) : startTogether(sends, executor)
    }
    var rest = zip(connections, sends).map { (connection: $0, send: $1) }[...]
    rest.sort { ($0.connection?.order ?? 0) < ($1.connection?.order ?? 0) }
    while let first = rest.first {
      let end = rest.firstIndex { $0.connection != first.connection } ?? rest.endIndex
      let group = rest[..<end].map(\.send)
      rest = rest[end...]
      if group.count >= leastCount, first.connection != nil {
        startTogether(group, executor)
      } else {
        startOneByOne(group)
      }
    }
  }

  private static func startOneByOne(_ sends: [any DeferrableSend]) { for send in sends { send.startDeferred() } }

  private static func startTogether(_ sends: [any DeferrableSend], _ executor: PollerExecutor) {
    var sends = sends
    guard let leader = sends.firstIndex(where: \.canLead) else { return startOneByOne(sends) }
    if leader > 0 { sends.swapAt(0, leader) }
    let coalescer = SendCoalescer(sends.dropFirst(), executor)
    sends[0].startDeferred(leading: coalescer)
    let missed = coalescer.endFlush()
    if !missed.isEmpty { SendCounts.missedCount.add(missed.count, ordering: .relaxed) }
    for send in missed { send.startDeferred() }
  }

  /// - Parameters:
  ///   - followers: All sends but the leader.
  ///   - executor: The executor of the work that must not be done within C-core.
  init(_ followers: ArraySlice<any DeferrableSend>, _ executor: PollerExecutor) {
    state = Locked(State(waiting: followers))
    self.executor = executor
  }

  /// Returns a slice without bytes, whose destructor starts the followers.
  func slice() -> grpc_slice {
    // C-core calls the function once, on any thread, and gives the reference back with it.
    let startFollowers: @convention(c) (UnsafeMutableRawPointer?) -> Void = { pointer in
      guard let pointer = unsafe pointer else { preconditionFailure("C-core passed no slice to destroy") }
      unsafe Unmanaged<SendCoalescer>.fromOpaque(pointer).takeRetainedValue().startFollowersWithinCore()
    }
    return unsafe grpc_slice_new_with_user_data(
      Self.noBytes,
      0,
      startFollowers,
      Unmanaged.passRetained(self).toOpaque()
    )
  }

  /// The address of no bytes.
  ///
  /// Never read or written, but not nil, which functions such as `memcpy` may not be given even for no bytes.
  private nonisolated(unsafe) static let noBytes = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)

  /// Starts the followers as the slice is destroyed: on any thread, within a function of C-core that holds the
  /// connection.
  ///
  /// Here no follower is released, whatever ends meanwhile: its last reference may hold objects of a program, whose
  /// `deinit` must not run within C-core.
  func startFollowersWithinCore() {
    var followers = takeFollowers()
    if followers.isEmpty { return }
    SendCounts.coalescedCount.add(followers.count, ordering: .relaxed)
    for follower in followers {
      // C-core holds the connection: the rest, which may wait for a lock or end a call, is a poller's to do.
      if let rest = follower.startWithinCore() { executor.post(.completion(CallbackOperation(rest), succeeded: true)) }
    }
    // Exchanged, so that no reference stays here.
    let isFlushOver = state.withLock { state in
      swap(&state.started, &followers)
      return state.isFlushOver
    }
    guard isFlushOver else { return }
    executor.post(.completion(CallbackOperation { [self] in releaseStarted() }, succeeded: true))
  }

  /// Takes the followers that have not been started, so that the caller starts them.
  func takeFollowers() -> ArraySlice<any DeferrableSend> {
    state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
  }

  /// Takes the followers that have not been started, so that the caller starts them, and releases the others.
  ///
  /// Called once, by the thread that has started the leader. If the destructor runs on another thread and has not
  /// returned, it has a poller release them.
  func endFlush() -> ArraySlice<any DeferrableSend> {
    state.withLock { $0.isFlushOver = true }
    releaseStarted()
    return takeFollowers()
  }

  private func releaseStarted() {
    let started = state.withLock { state in
      defer { state.started = [] }
      return state.started
    }
    // Not under the lock: this may release objects of a program.
    _ = consume started
  }

  override func complete(succeeded: Bool) {}
}
