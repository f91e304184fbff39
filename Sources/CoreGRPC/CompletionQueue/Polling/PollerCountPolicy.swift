/// The number of threads that poll a queue, chosen by their observed activity.
///
/// One thread that polls and runs handlers, one after the other, costs the fewest wake-ups. Whether another thread gets
/// more done depends on the handlers, the clients and the machine's other work. So the policy tries one when the
/// threads have no time left and the machine has: the thread stays if more gets done with it. When neither the threads
/// nor the machine have time left, the policy also tries one thread less. It repeats a failed trial after longer and
/// longer pauses.
struct PollerCountPolicy: Sendable, Hashable {
  /// The change of the number of threads.
  enum Change: Sendable, Hashable {
    case none
    /// Another thread is to poll, too.
    case add
    /// One thread less is to poll.
    case remove
  }

  /// The observation of all active threads together, at a time that is independent of their work.
  struct Look: Sendable, Hashable {
    /// The time since the previous look.
    var elapsed: Duration
    /// The number of threads that are in a program's code.
    var runningCount = 0
    /// The number of events since then for which tasks have run.
    var eventCount: UInt64 = 0
  }

  /// The time to observe before a decision: some ticks of the clock by which the system counts idle time.
  static let window = Duration.milliseconds(32)

  /// The number of windows in a trial.
  static let trialWindowCount = 3

  /// The bounds of the pause between two trials, which grows by ``pauseGrowth`` after each that failed.
  static let leastPause = Duration.milliseconds(64), greatestPause = Duration.milliseconds(4096)
  static let pauseGrowth = 4

  /// The number of processors that must be idle before another thread is tried.
  ///
  /// With fewer, another thread hardly gets enough more done to stay, and each trial costs time.
  static let leastRoom = 0.4

  /// The bounds of the time that another thread stays before one less is tried, which doubles after each trial that
  /// failed.
  ///
  /// A trial of one thread less costs more than a trial of one more.
  static let leastStay = Duration.milliseconds(512), greatestStay = Duration.milliseconds(8192)

  private let smallest: Int
  private let largest: Int

  /// The number of threads that poll or run handlers, without those that are stuck.
  private(set) var active: Int

  private var seen = Look(elapsed: .zero)
  private var lookCount = 0
  /// The number of windows in a row in which the threads have had no time left.
  private var busyWindowCount = 0
  /// The recent averages of the events a second and of the idle processors: one window tells little about either.
  private var rate: RunningAverage?
  private var idleProcessors = RunningAverage(value: 0)
  private var trial: Trial?
  private var pause = PollerCountPolicy.leastPause
  private var pauseLeft = Duration.zero
  private var stay = PollerCountPolicy.leastStay
  private var stayLeft = Duration.zero

  /// A trial of a changed number of threads.
  private struct Trial: Sendable, Hashable {
    var change: Change
    /// The events a second before it.
    var rateBefore: Double
    /// The number of windows so far; in the first one, the threads and the system settle.
    var windowCount = 0
    /// The sum of the events a second in the others.
    var rateSum = 0.0
  }

  /// An average in which older values count less.
  private struct RunningAverage: Sendable, Hashable {
    private(set) var value: Double

    mutating func add(_ new: Double) { value = 0.5 * value + 0.5 * new }
  }

  /// - Parameters:
  ///   - smallest: The smallest number of threads that poll.
  ///   - largest: The largest number of threads that poll.
  init(smallest: Int, largest: Int) {
    self.smallest = smallest
    self.largest = max(smallest, largest)
    self.active = smallest
  }

  /// Discards earlier observations and trials, because the observer has not looked for some time.
  mutating func restart() {
    seen = Look(elapsed: .zero)
    lookCount = 0
    busyWindowCount = 0
    rate = nil
    idleProcessors = RunningAverage(value: 0)
    trial = nil
    pause = Self.leastPause
    pauseLeft = .zero
    stay = Self.leastStay
    stayLeft = .zero
  }

  /// Takes a look at the threads into account.
  ///
  /// - Parameters:
  ///   - threads: Returns the system's counts for all active threads since the last call. Called only at the end of a
  ///     window, as is the next.
  ///   - idleProcessors: Returns the average number of idle processors since the last call; zero if that is long ago.
  mutating func look(_ look: Look, threads: () -> ThreadLoad.Totals, idleProcessors: () -> Double) -> Change {
    lookCount += 1
    seen.elapsed += look.elapsed
    seen.runningCount += look.runningCount
    seen.eventCount += look.eventCount
    guard seen.elapsed >= Self.window else { return .none }
    defer {
      seen = Look(elapsed: .zero)
      lookCount = 0
    }
    let change = decide(threads(), idleProcessors)
    switch change {
    case .none: break
    case .add: active += 1
    case .remove: active -= 1
    }
    return change
  }

  /// Undoes an addition for which no thread was available.
  mutating func additionFailed() {
    active -= 1
    trial = nil
  }

  private mutating func decide(_ threads: ThreadLoad.Totals, _ idleProcessors: () -> Double) -> Change {
    let newRate = Double(seen.eventCount) / (seen.elapsed / .seconds(1))
    let busy = threads.busyTime / seen.elapsed
    // The number of threads whose time was taken. A handler that waits takes it without using a processor.
    let load = max(busy, Double(seen.runningCount) / Double(lookCount))
    if var trial {
      trial.windowCount += 1
      if trial.windowCount > 1 { trial.rateSum += newRate }
      self.trial = trial
      return trial.windowCount < Self.trialWindowCount ? .none : conclude(trial)
    }
    rate?.add(newRate)
    let usualRate = rate ?? RunningAverage(value: newRate)
    rate = usualRate
    pauseLeft -= min(pauseLeft, seen.elapsed)
    stayLeft -= min(stayLeft, seen.elapsed)
    if active > smallest, load < 0.6 * Double(active - 1) { return .remove }
    // Threads that sleep between the events have time left, however short. Others lose the processor now and then, too.
    let sleeps = threads.turnCount > max(12, seen.eventCount / 32)
    guard load > 0.85 * Double(active), !sleeps || busy < 0.5 * Double(active) else {
      // The threads have time left, so that nothing is lost by trying again soon.
      pause = Self.leastPause
      busyWindowCount = 0
      return active > smallest && stayLeft == .zero ? begin(.remove, usualRate.value) : .none
    }
    busyWindowCount += 1
    let newIdleProcessors = idleProcessors()
    guard busyWindowCount > 1 else {
      // The load may have begun within the window, which then tells nothing about the rate or the idle processors.
      rate = nil
      return .none
    }
    self.idleProcessors.add(newIdleProcessors)
    let hasRoom = self.idleProcessors.value > Self.leastRoom || busy < 0.5 * Double(active)
    if hasRoom { return active < largest && pauseLeft == .zero ? begin(.add, usualRate.value) : .none }
    return active > smallest && stayLeft == .zero ? begin(.remove, usualRate.value) : .none
  }

  private mutating func begin(_ change: Change, _ rateBefore: Double) -> Change {
    trial = Trial(change: change, rateBefore: rateBefore)
    return change
  }

  /// Ends a trial, and reverts the change if it did not pay.
  ///
  /// A thread more must get more done; one less must not get less done.
  private mutating func conclude(_ trial: Trial) -> Change {
    let rate = trial.rateSum / Double(trial.windowCount - 1)
    let pays = trial.change == .add ? rate > 1.15 * trial.rateBefore : rate > 0.9 * trial.rateBefore
    self.trial = nil
    self.rate = nil
    idleProcessors = RunningAverage(value: 0)
    switch trial.change {
    case .add:
      pause = pays ? Self.leastPause : min(pause * Self.pauseGrowth, Self.greatestPause)
      pauseLeft = pause
      stay = Self.leastStay
      stayLeft = stay
    case .remove:
      if !pays { stay = min(stay * 2, Self.greatestStay) }
      stayLeft = stay
      pauseLeft = pause
    case .none: break
    }
    guard !pays else { return .none }
    return trial.change == .add ? .remove : .add
  }
}
