import CoreGRPC

/// The statuses of services, and the watches that wait for changes.
///
/// A watch has no queue. It keeps the status that it told last, and compares it with the current one.
final class HealthStatuses: Sendable {
  /// The number of one watch.
  struct WatchNumber: Hashable, Sendable {
    fileprivate let value: UInt64
  }

  /// The answer to a watch that asks for a status.
  enum News: Sendable, Hashable {
    /// The status; `nil` for an unknown service.
    case status(ServingStatus?)
    /// The server shuts down, which the watch has told.
    case shutdown
    /// The call is over.
    case cancelled
  }

  private struct Watch {
    enum End {
      case shutdown, cancellation
    }

    let service: String

    /// The status that the watch told last; `nil` before the first one.
    var told: ServingStatus??

    var end: End?

    /// The continuation of the watch's task while it waits.
    var waiting: CheckedContinuation<Void, Never>?

    /// Whether the watch has something to tell.
    func hasNews(_ current: ServingStatus?) -> Bool { end != nil || told != .some(current) }

    /// Returns what the watch has not told yet, if there is something, as told now.
    mutating func takeNews(_ current: ServingStatus?) -> News? {
      if end == .cancellation { return .cancelled }
      let status = end == .shutdown ? .notServing : current
      guard told == .some(status) else {
        told = .some(status)
        return .status(status)
      }
      return end == .shutdown ? .shutdown : nil
    }
  }

  private struct State {
    var statuses: [String: ServingStatus] = ["": .serving]
    var nextNumber: UInt64 = 0
    var watches: [WatchNumber: Watch] = [:]
    var numbersByService: [String: Set<WatchNumber>] = [:]
  }

  private let state = Locked(State())

  /// The statuses by the services' names.
  var all: [String: ServingStatus] { state.withLock { $0.statuses } }

  /// Returns the status of a service; `nil` for an unknown one.
  func status(ofService service: String) -> ServingStatus? { state.withLock { $0.statuses[service] } }

  /// Sets the status of a service, and wakes its watches if that is a change.
  func update(_ status: ServingStatus, forService service: String) {
    let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      guard state.statuses.updateValue(status, forKey: service) != status else { return [] }
      return (state.numbersByService[service] ?? []).compactMap { state.watches[$0]?.waiting.take() }
    }
    for continuation in waiting { continuation.resume() }
  }

  // MARK: Watches

  /// The number of watches.
  var watchCount: Int { state.withLock { $0.watches.count } }

  /// Begins a watch, which ``remove(_:)`` ends.
  func beginWatch(ofService service: String) -> WatchNumber {
    state.withLock { state in
      let number = WatchNumber(value: state.nextNumber)
      state.nextNumber += 1
      state.watches[number] = Watch(service: service)
      state.numbersByService[service, default: []].insert(number)
      return number
    }
  }

  /// Forgets a watch, whose task waits no more.
  func remove(_ number: WatchNumber) {
    state.withLock { state in
      guard let watch = state.watches.removeValue(forKey: number) else { return }
      state.numbersByService[watch.service]?.remove(number)
      if state.numbersByService[watch.service]?.isEmpty == true { state.numbersByService[watch.service] = nil }
    }
  }

  /// Ends a watch, after NOT_SERVING, because its server shuts down.
  func endForShutdown(_ number: WatchNumber) { end(number, by: .shutdown) }

  private func end(_ number: WatchNumber, by end: Watch.End) {
    let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if state.watches[number]?.end == .cancellation { return nil }
      state.watches[number]?.end = end
      return state.watches[number]?.waiting.take()
    }
    waiting?.resume()
  }

  /// Waits until a watch has something to tell, or the task is cancelled.
  ///
  /// Called by one task at a time, which then tells it.
  ///
  /// - Parameter isServerStopping: Returns whether the server shuts down: a status that was set after that is not told,
  ///   also if ``endForShutdown(_:)`` has not been called yet.
  nonisolated(nonsending) func nextNews(
    for number: WatchNumber,
    isServerStopping: () -> Bool = { false }
  ) async -> News {
    while true {
      if isServerStopping() { endForShutdown(number) }
      if let news = takeNews(for: number) { return news }
      await withTaskCancellationHandler {
        await withCheckedContinuation { wait(number, $0) }
      } onCancel: {
        end(number, by: .cancellation)
      }
    }
  }

  private func takeNews(for number: WatchNumber) -> News? {
    state.withLock { state in
      guard let service = state.watches[number]?.service else { return .cancelled }
      return state.watches[number]?.takeNews(state.statuses[service])
    }
  }

  /// Resumes a continuation when the watch has something to tell: once, here or by the thread that takes it out of the
  /// watch.
  private func wait(_ number: WatchNumber, _ continuation: CheckedContinuation<Void, Never>) {
    let hasNews = state.withLock { state in
      guard let watch = state.watches[number], !watch.hasNews(state.statuses[watch.service]) else { return true }
      state.watches[number]?.waiting = continuation
      return false
    }
    if hasNews { continuation.resume() }
  }
}
