import CGRPC

/// A completion queue with the threads that poll it.
///
/// Starting a batch on a queue that was shut down aborts the process. The reference count prevents that: all code that
/// starts work on the queue holds this object, and the queue is shut down when the last holder releases it. Its threads
/// then drain it, destroy it and end.
@safe final class CompletionQueue: @unchecked Sendable {
  // Unchecked, because of the raw handle: `grpc_completion_queue` is thread-safe, and it lives until the pollers have
  // seen it shut down, which `deinit` alone can cause.

  let handle: OpaquePointer

  /// The executor that runs tasks on the queue's threads.
  let executor: PollerExecutor

  /// The threads beside those that poll.
  let workers: WorkerPool

  /// The outstanding unary calls of the queue.
  let outstandingCalls: OutstandingCalls

  /// The options for deferring and coalescing the sends of the queue's calls.
  let sends: SendOptions

  private let pollers: PollerPool
  private let waker: Locked<QueueWaker?>

  /// Creates the queue and starts its threads.
  ///
  /// - Parameters:
  ///   - name: The threads' name.
  ///   - threads: The number of threads that poll; at least 1.
  ///   - largestThreadCount: The largest number of such threads, those included that have been relieved.
  ///   - busyPolling: The rule by which they wait without sleeping.
  ///   - largestWorkerCount: The largest number of threads that run handlers which do not belong on those.
  ///   - sends: The options for deferring and coalescing the sends of the queue's calls.
  ///   - onStopped: Called once, on a polling thread, when the queue has been destroyed.
  init(
    name: String,
    threads: Int,
    largestThreadCount: Int = PollerPool.defaultLargestThreadCount,
    busyPolling: Server.BusyPolling = .never,
    largestWorkerCount: Int = 512,
    sends: SendOptions = SendOptions(),
    onStopped: @escaping @Sendable () -> Void = {}
  ) {
    let executor = PollerExecutor()
    let pollers = PollerPool(
      name: name,
      threads: threads,
      largestThreadCount: largestThreadCount,
      executor: executor,
      busyPolling: busyPolling,
      largestWorkerCount: largestWorkerCount,
      onStopped: onStopped
    )
    self.executor = executor
    self.pollers = pollers
    unsafe self.handle = pollers.queue
    self.workers = pollers.workers
    self.outstandingCalls = pollers.outstandingCalls
    self.sends = sends
    self.waker = Locked(nil)
    executor.attach(to: self)
  }

  deinit {
    waker.withLock { $0 = nil }
    unsafe grpc_completion_queue_shutdown(handle)
  }

  /// The numbers of the threads that poll, and of those that program code keeps.
  var pollerCounts: (active: Int, relieved: Int) { pollers.counts }

  /// Completes, on a polling thread, an operation that C-core does not know.
  func post(_ operation: Operation) {
    let waker = waker.withLock { waker in
      if let waker { return waker }
      let made = unsafe QueueWaker(queue: handle)
      waker = made
      return made
    }
    waker.post(operation)
  }
}
