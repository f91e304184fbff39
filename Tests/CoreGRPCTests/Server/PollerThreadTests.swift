import TestSupport
import Testing

@testable import CoreGRPC

@Suite("What a polling thread does besides", .timeLimit(.minutes(5)))
struct PollerThreadTests {
  /// An operation that counts, and then brings about another one on the thread.
  private func chain(_ count: Int, on thread: PollerThread, _ done: @escaping @Sendable () -> Void) -> PollerThread.Job
  {
    .completion(
      CallbackOperation {
        done()
        if count > 1 { thread.append(chain(count - 1, on: thread, done)) }
      },
      succeeded: true
    )
  }

  @Test("Work that brings about other work leaves the queue its turn, and goes on after it")
  func pause() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = PollerThread(queue: queue.handle, executor: queue.executor)
    let done = Counter()
    thread.append(chain(1_000, on: thread) { done.add() })
    var turns = 0
    while thread.isBusy {
      #expect(thread.finishEvent {})
      turns += 1
    }
    #expect(done.value == 1_000)
    #expect(turns > 10)
  }

  @Test("Calls are watched although the work that brings about other work does not end")
  func watching() {
    final class Call: BegunCall {
      let watches = Counter()
      func watch() { watches.add() }
    }
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = PollerThread(queue: queue.handle, executor: queue.executor)
    let call = Call()
    thread.append(call)
    thread.append(chain(1_000, on: thread) {})
    #expect(thread.finishEvent {})
    #expect(thread.isBusy)
    #expect(call.watches.value == 1)
    while thread.isBusy { #expect(thread.finishEvent {}) }
    #expect(call.watches.value == 1)
  }

  @Test("What a thread has not come to when it polls no more, others do")
  func leaveWork() async {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = PollerThread(queue: queue.handle, executor: queue.executor)
    let gates = (0..<3).map { _ in Gate() }
    for gate in gates { thread.append(.completion(CallbackOperation { gate.open() }, succeeded: true)) }
    let starts = Counter()
    #expect(thread.hold(HeldOperation(starts)))
    thread.leaveWork()
    #expect(!thread.isBusy)
    for gate in gates { await gate.pass() }
    #expect(starts.value == 1)
  }

  @Test("What is held back is started when there is no other event")
  func heldBack() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = PollerThread(queue: queue.handle, executor: queue.executor)
    let starts = Counter()
    #expect(thread.hold(HeldOperation(starts)))
    #expect(thread.finishEvent {})
    #expect(thread.hold(HeldOperation(starts)))
    #expect(thread.finishEvent(hadEvent: true) {})
    #expect(starts.value == 0)
    #expect(thread.isBusy)
    #expect(thread.finishEvent(hadEvent: false) {})
    #expect(starts.value == 2)
    #expect(!thread.isBusy)
  }

  @Test("Work that brings about other work does not keep what is held back")
  func heldBackByWork() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = PollerThread(queue: queue.handle, executor: queue.executor)
    let starts = Counter()
    #expect(thread.hold(HeldOperation(starts)))
    thread.append(chain(1_000, on: thread) {})
    #expect(thread.finishEvent {})
    #expect(thread.isBusy)
    #expect(starts.value == 1)
    // The rest refers to the thread that has it.
    while thread.isBusy { #expect(thread.finishEvent {}) }
  }

  @Test("What is held back by a thread that is stuck is started by another one")
  func relieved() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let stuck = PollerThread(queue: queue.handle, executor: queue.executor)
    let other = PollerThread(queue: queue.handle, executor: queue.executor)
    let starts = Counter()
    let operation = CallbackOperation {
      #expect(stuck.hold(HeldOperation(starts)))
      guard let work = stuck.relieve(stuckSince: stuck.look().change) else {
        Issue.record("the thread was not relieved")
        return
      }
      other.inherit(work)
      // It would not come to that.
      #expect(!stuck.hold(HeldOperation(starts)))
    }
    stuck.append(.completion(operation, succeeded: true))
    #expect(!stuck.finishEvent {})
    #expect(starts.value == 0)
    #expect(other.finishEvent {})
    #expect(starts.value == 1)
  }
}

/// Counts its starts.
private final class HeldOperation: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  private let starts: Counter

  init(_ starts: Counter) { self.starts = starts }

  override func startHeldBack() { starts.add() }
}
