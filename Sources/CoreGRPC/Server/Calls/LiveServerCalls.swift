/// The calls of a server that have not released their C objects, so that the end of a grace period ends each stream
/// once.
///
/// `grpc_server_cancel_all_calls` closes the streams below the calls. The handlers' pending operations in these calls
/// then fail. For such a failure a server of C-core 1.51 cancels the call, which ends the stream a second time. So the
/// server ends the calls first.
///
/// Not synchronized: its owner's lock protects it.
struct LiveServerCalls: Sendable {
  /// Unordered, so that adding and removing a call is quick.
  private(set) var calls: [ServerCall] = []

  /// Adds a call that is not in a list.
  mutating func insert(_ call: ServerCall) {
    call.liveIndex = calls.count
    calls.append(call)
  }

  /// Removes a call, if it is in the list.
  ///
  /// The caller holds the call, so that the lock's holder does not drop the last reference.
  mutating func remove(_ call: ServerCall) {
    let index = call.liveIndex
    guard index >= 0, let last = calls.popLast() else { return }
    call.liveIndex = -1
    guard last !== call else { return }
    last.liveIndex = index
    calls[index] = last
  }
}
