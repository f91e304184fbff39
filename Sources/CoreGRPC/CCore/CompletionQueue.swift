import CGRPC

/// A completion queue with the threads that poll it.
///
/// Starting a batch on a queue that was shut down aborts the process. Here the reference count is the guard: everyone
/// who starts work on the queue holds this object, and the queue is shut down when the last holder lets go. Its threads
/// then drain it, destroy it and end.
final class CompletionQueue: @unchecked Sendable {
  // Unchecked, because of the raw handle: `grpc_completion_queue` is thread-safe, and it lives until the pollers have
  // seen it shut down, which `deinit` alone can cause.

  let handle: OpaquePointer

  /// Runs tasks on the queue's threads.
  let executor = PollerExecutor()

  /// The threads beside those that poll.
  let workers: WorkerPool

  /// The unary calls of the queue that are under way.
  let outstandingCalls: OutstandingCalls

  private let waker: Locked<QueueWaker?>

  /// Creates the queue and starts its threads.
  ///
  /// - Parameters:
  ///   - name: The threads' name.
  ///   - threads: How many threads poll; at least 1.
  ///   - busyPolling: When they wait without sleeping.
  ///   - largestWorkerCount: How many threads run handlers that do not belong on those, at most.
  ///   - placements: Knows which tasks run handlers of which methods; `nil` where no handlers run.
  ///   - onStopped: Called once, on a polling thread, when the queue has been destroyed.
  init(
    name: String,
    threads: Int,
    busyPolling: Server.BusyPolling = .never,
    largestWorkerCount: Int = 512,
    placements: HandlerPlacements? = nil,
    onStopped: @escaping @Sendable () -> Void = {}
  ) {
    let pollers = Pollers(
      name: name,
      threads: threads,
      executor: executor,
      busyPolling: busyPolling,
      largestWorkerCount: largestWorkerCount,
      placements: placements,
      onStopped: onStopped
    )
    self.handle = pollers.queue
    self.workers = pollers.workers
    self.outstandingCalls = pollers.outstandingCalls
    self.waker = Locked(nil)
    executor.attach(to: self)
  }

  deinit {
    waker.withLock { $0 = nil }
    grpc_completion_queue_shutdown(handle)
  }

  /// Has a polling thread complete an operation that C-core knows nothing of.
  func post(_ operation: Operation) {
    let waker = waker.withLock { waker in
      if let waker { return waker }
      let made = QueueWaker(queue: handle)
      waker = made
      return made
    }
    waker.post(operation)
  }
}
