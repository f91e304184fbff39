import Testing

@testable import CoreGRPC

@Suite("The number of polling threads")
struct PollerCountPolicyTests {
  /// A load on a crew: what its threads do, by their number, in each window.
  private struct Load {
    /// The number of events in a window.
    var rate: (Int) -> UInt64
    /// The number of threads whose time is taken.
    var busy: (Int) -> Double
    /// The number of threads that are seen in a program's code.
    var running: (Int) -> Int = { _ in 0 }
    /// The number of processors that have nothing to do.
    var idle: (Int) -> Double = { _ in 1 }
    /// The number of times that a window gives the threads a processor.
    var turns = 10
  }

  /// Watches a crew for some windows, four looks each.
  private func watch(_ crew: inout PollerCountPolicy, windows: Int, _ load: Load) -> [PollerCountPolicy.Change] {
    var changes: [PollerCountPolicy.Change] = []
    for _ in 0..<windows {
      let active = crew.active
      for _ in 0..<4 {
        let elapsed = PollerCountPolicy.window / 4
        let look = PollerCountPolicy.Look(
          elapsed: elapsed,
          runningCount: load.running(active),
          eventCount: load.rate(active) / 4
        )
        let change = crew.look(
          look,
          threads: { ThreadLoad.Totals(busyTime: PollerCountPolicy.window * load.busy(active), turnCount: load.turns) },
          idleProcessors: { load.idle(active) }
        )
        if change != .none { changes.append(change) }
      }
    }
    return changes
  }

  /// One thread is enough.
  private let light = Load(rate: { _ in 1_000 }, busy: { _ in 0.5 })
  /// Each thread gets as much done as the first.
  private let parallel = Load(rate: { UInt64(1_000 * $0) }, busy: { Double($0) })
  /// A second thread gets in the way of the first.
  private let serial = Load(rate: { UInt64(1_000 / $0) }, busy: { $0 == 1 ? 1 : 0.7 * Double($0) })

  @Test("Threads with time left stay as few as they may be")
  func timeLeft() {
    var crew = PollerCountPolicy(smallest: 1, largest: 4)
    #expect(watch(&crew, windows: 1_000, light) == [])
    #expect(crew.active == 1)
  }

  @Test("As long as one thread more gets more done, there are more, and they go with the load")
  func parallelLoad() {
    var crew = PollerCountPolicy(smallest: 1, largest: 3)
    #expect(watch(&crew, windows: 20, parallel).prefix(2) == [.add, .add])
    #expect(crew.active == 3)
    #expect(watch(&crew, windows: 20, light).suffix(2) == [.remove, .remove])
    #expect(crew.active == 1)
  }

  @Test("Handlers that wait take a thread's time, too")
  func waiting() {
    var crew = PollerCountPolicy(smallest: 1, largest: 2)
    let load = Load(rate: { UInt64(1_000 * $0) }, busy: { _ in 0.1 }, running: { $0 })
    #expect(watch(&crew, windows: 2, load) == [.add])
  }

  @Test("A thread more that does not pay goes immediately, and is tried less and less often")
  func serialLoad() {
    var crew = PollerCountPolicy(smallest: 1, largest: 2)
    #expect(watch(&crew, windows: 5, serial) == [.add, .remove])
    let early = watch(&crew, windows: 100, serial).count
    let late = watch(&crew, windows: 1_000, serial).count
    #expect(early >= 4)
    #expect(late <= 20)
    #expect(crew.active == 1)
  }

  @Test("A thread more is compared with what got done under the same load, not before it")
  func loadRises() {
    var crew = PollerCountPolicy(smallest: 1, largest: 2)
    #expect(watch(&crew, windows: 20, light) == [])
    // More gets done than before, but not with a second thread.
    let heavier = Load(rate: { _ in 10_000 }, busy: { Double($0) })
    #expect(watch(&crew, windows: 5, heavier) == [.add, .remove])
  }

  @Test("Threads that sleep between the events are not too few, however busy they are")
  func oneCallAtATime() {
    var crew = PollerCountPolicy(smallest: 1, largest: 2)
    var load = parallel
    load.turns = 1_000
    #expect(watch(&crew, windows: 1_000, load) == [])
  }

  @Test("On a machine without time left, a thread more is not tried")
  func busyMachine() {
    var crew = PollerCountPolicy(smallest: 1, largest: 2)
    var load = parallel
    load.idle = { _ in 0.3 }
    #expect(watch(&crew, windows: 1_000, load) == [])
    #expect(crew.active == 1)
    load.idle = { _ in 0.5 }
    #expect(watch(&crew, windows: 20, load) == [.add])
  }

  @Test("If one thread less loses nothing and the machine has no time left, there is one less, after a while")
  func fewerIsNoLoss() {
    var crew = PollerCountPolicy(smallest: 1, largest: 2)
    _ = watch(&crew, windows: 5, parallel)
    #expect(crew.active == 2)
    let saturated = Load(rate: { UInt64(1_000 / $0) }, busy: { Double($0) }, idle: { _ in 0 })
    let stay = Int(PollerCountPolicy.leastStay / PollerCountPolicy.window)
    #expect(watch(&crew, windows: stay - 5, saturated) == [])
    #expect(watch(&crew, windows: 8, saturated) == [.remove])
    #expect(crew.active == 1)
  }

  @Test("If one thread less gets less done, it comes back, and is tried less and less often")
  func fewerIsLoss() {
    var crew = PollerCountPolicy(smallest: 1, largest: 2)
    _ = watch(&crew, windows: 2, parallel)
    let saturated = Load(rate: { UInt64(1_000 * $0) }, busy: { Double($0) }, idle: { $0 == 1 ? 1 : 0 })
    let changes = watch(&crew, windows: 1_000, saturated)
    #expect(changes.prefix(2) == [.remove, .add])
    #expect(changes.count <= 40)
    #expect(crew.active == 2)
  }

  @Test("A trial that fails does not wait longer when all was quiet meanwhile")
  func restart() {
    var crew = PollerCountPolicy(smallest: 1, largest: 2)
    _ = watch(&crew, windows: 1_000, serial)
    crew.restart()
    #expect(watch(&crew, windows: 2, parallel) == [.add])
    #expect(crew.active == 2)
  }

  @Test("More threads than cores, if the program asks for them")
  func manyAtLeast() {
    var crew = PollerCountPolicy(smallest: 8, largest: 2)
    #expect(watch(&crew, windows: 100, parallel) == [])
    #expect(watch(&crew, windows: 100, light) == [])
    #expect(crew.active == 8)
  }
}
