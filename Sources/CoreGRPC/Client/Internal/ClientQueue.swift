/// The completion queue that all channels of the process share.
///
/// It exists while a channel or one of its calls does, and is made anew when one is needed again.
enum ClientQueue {
  private static let current = Locked(WeakQueue())

  static func shared() -> CompletionQueue {
    current.withLock { current in
      if let queue = current.queue { return queue }
      let queue = CompletionQueue(name: "grpc-client", threads: 1)
      current.queue = queue
      return queue
    }
  }

  /// The number of threads that poll the queue, if it exists.
  static var pollerCount: Int { current.withLock { $0.queue }?.pollerCounts.active ?? 0 }

  private struct WeakQueue {
    weak var queue: CompletionQueue?
  }
}
