import CGRPC
import Synchronization

/// A completion queue with the threads that poll it.
///
/// Starting a batch on a queue that was shut down aborts the process. Here the reference count is the guard: everyone
/// who starts work on the queue holds this object, and the queue is shut down when the last holder lets go. Its threads
/// then drain it, destroy it and end.
final class CompletionQueue: @unchecked Sendable {
  // Unchecked, because of the raw handle: `grpc_completion_queue` is thread-safe, and it lives until the pollers have
  // seen it shut down, which `deinit` alone can cause.

  let handle: OpaquePointer
  private let waker: Locked<QueueWaker?>

  /// Creates the queue and starts its threads.
  ///
  /// - Parameters:
  ///   - name: The threads' name.
  ///   - threads: How many threads poll; at least 1.
  ///   - onStopped: Called once, on a polling thread, when the queue has been destroyed.
  init(name: String, threads: Int, onStopped: @escaping @Sendable () -> Void = {}) {
    let pollers = Pollers(threads: threads, onStopped: onStopped)
    self.handle = pollers.queue
    self.waker = Locked(nil)
    for _ in 0..<threads {
      Thread.spawn(name: name) { pollers.run() }
    }
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

/// The threads' side of a completion queue, which they own: the last one out destroys it.
private final class Pollers: @unchecked Sendable {
  // Unchecked for the same handle, as above.

  let queue: OpaquePointer
  private let library = Library()
  private let running: Atomic<Int>
  private let onStopped: @Sendable () -> Void

  init(threads: Int, onStopped: @escaping @Sendable () -> Void) {
    guard let queue = grpc_completion_queue_create_for_next(nil) else {
      preconditionFailure("C-core cannot create a completion queue")
    }
    self.queue = queue
    self.running = Atomic(threads)
    self.onStopped = onStopped
  }

  func run() {
    LocalJobs.withThread(polling: queue) { jobs in
      let forever = gpr_inf_future(GPR_CLOCK_MONOTONIC)
      while true {
        let event = grpc_completion_queue_next(queue, forever, nil)
        if event.type == GRPC_QUEUE_SHUTDOWN { break }
        guard event.type == GRPC_OP_COMPLETE, let tag = event.tag else { continue }
        Operation.take(tag).complete(succeeded: event.success != 0)
        jobs.run()
      }
    }
    guard running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
    grpc_completion_queue_destroy(queue)
    onStopped()
  }
}
