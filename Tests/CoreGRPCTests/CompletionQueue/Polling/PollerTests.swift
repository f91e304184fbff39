import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("The work of a polling thread apart from polling", .timeLimit(.minutes(5)))
struct PollerTests {
  /// An operation that counts, and then brings about another one on the thread.
  private func chain(_ count: Int, on thread: Poller, _ done: @escaping @Sendable () -> Void) -> Poller.Job {
    .completion(
      CallbackOperation {
        done()
        if count > 1 { thread.append(chain(count - 1, on: thread, done)) }
      },
      succeeded: true
    )
  }

  @Test("Work that brings about other work leaves the queue its turn, and continues after it")
  func pause() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = Poller(queue: queue.handle, executor: queue.executor)
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
    let thread = Poller(queue: queue.handle, executor: queue.executor)
    let call = Call()
    thread.append(call)
    thread.append(chain(1_000, on: thread) {})
    #expect(thread.finishEvent {})
    #expect(thread.isBusy)
    #expect(call.watches.value == 1)
    while thread.isBusy { #expect(thread.finishEvent {}) }
    #expect(call.watches.value == 1)
  }

  @Test("Work that a thread has not begun when it polls no more is done by others")
  func leaveWork() async {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = Poller(queue: queue.handle, executor: queue.executor)
    let gates = (0..<3).map { _ in Gate() }
    for gate in gates { thread.append(.completion(CallbackOperation { gate.open() }, succeeded: true)) }
    let starts = Counter()
    #expect(thread.defer(CountedSend(starts)))
    thread.leaveWork()
    #expect(!thread.isBusy)
    for gate in gates { await gate.pass() }
    #expect(starts.value == 1)
  }

  @Test("Deferred sends are started when there is no other event")
  func deferred() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = Poller(queue: queue.handle, executor: queue.executor)
    let starts = Counter()
    #expect(thread.defer(CountedSend(starts)))
    #expect(thread.finishEvent {})
    #expect(thread.defer(CountedSend(starts)))
    #expect(thread.finishEvent(hadEvent: true) {})
    #expect(starts.value == 0)
    #expect(thread.isBusy)
    #expect(thread.finishEvent(hadEvent: false) {})
    #expect(starts.value == 2)
    #expect(!thread.isBusy)
  }

  @Test("Work that brings about other work does not keep deferred sends")
  func deferredByWork() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = Poller(queue: queue.handle, executor: queue.executor)
    let starts = Counter()
    #expect(thread.defer(CountedSend(starts)))
    thread.append(chain(1_000, on: thread) {})
    #expect(thread.finishEvent {})
    #expect(thread.isBusy)
    #expect(starts.value == 1)
    // The rest refers to the thread that has it.
    while thread.isBusy { #expect(thread.finishEvent {}) }
  }

  @Test("The deferred sends of a thread that is stuck are started by another one")
  func relieved() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let stuck = Poller(queue: queue.handle, executor: queue.executor)
    let other = Poller(queue: queue.handle, executor: queue.executor)
    let starts = Counter()
    let operation = CallbackOperation {
      #expect(stuck.defer(CountedSend(starts)))
      guard let (work, _) = stuck.relieve(stuckSince: stuck.look().change) else {
        Issue.record("the thread was not relieved")
        return
      }
      other.inherit(work)
      // It would not come to that.
      #expect(!stuck.defer(CountedSend(starts)))
    }
    stuck.append(.completion(operation, succeeded: true))
    #expect(!stuck.finishEvent {})
    #expect(starts.value == 0)
    #expect(other.finishEvent {})
    #expect(starts.value == 1)
  }

  @Test(
    "A thread that waits while it completes an operation is relieved, whether that makes work or not",
    arguments: [true, false]
  )
  func relievedInCompletion(makesWork: Bool) async {
    final class Call: BegunCall {
      let isWatched = Gate()
      func watch() { isWatched.open() }
    }
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = Poller(queue: queue.handle, executor: queue.executor)
    let begins = Counter(), gate = Gate(), call = Call()
    thread.beginEvent { begins.add() }
    #expect(thread.look().isInJob)
    #expect(thread.relieve(stuckSince: thread.look().change) != nil)
    if makesWork {
      // The queue's own thread does it.
      thread.append(.completion(CallbackOperation { gate.open() }, succeeded: true))
      thread.append(call)
    }
    #expect(!thread.finishEvent { begins.add() })
    if makesWork {
      await gate.pass()
      await call.isWatched.pass()
    }
    thread.beginEvent { begins.add() }
    #expect(thread.finishEvent { begins.add() })
    #expect(!thread.look().isInJob)
    #expect(begins.value == 2)
  }

  @Test("Work that a thread has not begun, because C-core keeps it, is done by another one")
  func kept() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let kept = Poller(queue: queue.handle, executor: queue.executor)
    let other = Poller(queue: queue.handle, executor: queue.executor)
    let starts = Counter()
    let done = Counter()
    #expect(kept.defer(CountedSend(starts)))
    kept.append(.completion(CallbackOperation { done.add() }, succeeded: true))
    _ = kept.look()
    guard let work = kept.takeWorkOfCaptured() else {
      Issue.record("no work was taken away")
      return
    }
    #expect(kept.takeWorkOfCaptured() == nil)
    other.append(.handOver(work))
    while other.isBusy { #expect(other.finishEvent {}) }
    #expect(starts.value == 1)
    #expect(done.value == 1)
    while kept.isBusy { #expect(kept.finishEvent {}) }
    #expect(starts.value == 1)
    #expect(done.value == 1)
  }

  @Test("A thread that has come back keeps its work")
  func cameBack() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = Poller(queue: queue.handle, executor: queue.executor)
    let starts = Counter()
    #expect(thread.defer(CountedSend(starts)))
    _ = thread.look()
    thread.countTurn()
    #expect(thread.takeWorkOfCaptured() == nil)
    #expect(thread.finishEvent(hadEvent: false) {})
    #expect(starts.value == 1)
  }

  @Test("A send that a thread is about to start while C-core keeps it is started by another one")
  func keptWhileStarting() {
    let queue = CompletionQueue(name: "test", threads: 1)
    let kept = Poller(queue: queue.handle, executor: queue.executor)
    let other = Poller(queue: queue.handle, executor: queue.executor)
    let startsBefore = Counter()
    let starts = Counter()
    let startsOfBusy = Counter()
    let busy = BusySend {
      startsOfBusy.add()
      guard let (work, _) = kept.relieve(stuckSince: kept.look().change) else {
        Issue.record("the thread was not relieved")
        return
      }
      other.inherit(work)
      while other.isBusy { #expect(other.finishEvent {}) }
      // C-core has not come back here.
      startsBefore.add()
      #expect(starts.value == 1)
    }
    #expect(kept.defer(busy))
    #expect(kept.defer(CountedSend(starts)))
    #expect(!kept.finishEvent(hadEvent: false) {})
    #expect(startsBefore.value == 1)
    #expect(startsOfBusy.value == 1)
  }

  @Test("A thread that runs without coming back from C-core is seen to be kept, until it comes back")
  func capture() async {
    let queue = CompletionQueue(name: "test", threads: 1)
    let thread = Poller(queue: queue.handle, executor: queue.executor)
    let comesBack = Atomic(false), ends = Atomic(false), hasBegun = Atomic(false)
    let hasEnded = Gate()
    let isSpawned = Thread.spawn(name: "kept") {
      thread.asCurrent {
        hasBegun.store(true, ordering: .releasing)
        while !comesBack.load(ordering: .relaxed) {}
        while !ends.load(ordering: .relaxed) { thread.countTurn() }
      }
      hasEnded.open()
    }
    #expect(isSpawned)
    let seen = Gate()
    let isWatched = Thread.spawn(name: "observer") {
      while !hasBegun.load(ordering: .acquiring) { sched_yield() }
      while thread.look().capture != .captured { usleep(1000) }
      comesBack.store(true, ordering: .relaxed)
      while thread.lookForCapture().capture != .none { usleep(1000) }
      ends.store(true, ordering: .relaxed)
      seen.open()
    }
    #expect(isWatched)
    await seen.pass()
    await hasEnded.pass()
  }
}

/// Is being started until its function returns.
private final class BusySend: DeferrableSend {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  func startDeferred() { body() }

  func startDeferredUnlessBusy() {}
}

/// Counts its starts.
private final class CountedSend: DeferrableSend {
  private let starts: Counter

  init(_ starts: Counter) { self.starts = starts }

  func startDeferred() { starts.add() }
}
