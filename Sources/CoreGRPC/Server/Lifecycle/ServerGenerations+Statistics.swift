extension ServerGenerations {
  /// Returns the state of all C servers together.
  func statistics() -> Server.Statistics {
    let cores = cores
    var sum = Server.Statistics(
      openConnections: AcceptedConnections.count(from: cores.flatMap { $0.statisticsSockets })
    )
    for core in cores { core.add(to: &sum) }
    return sum
  }
}

extension ServerCore {
  /// The sockets whose connections count.
  fileprivate var statisticsSockets: [ListeningSocket] { findListeningSockets() }

  /// Adds the values of this C server.
  fileprivate func add(to sum: inout Server.Statistics) {
    let (handle, calls) = state.withLock { ($0.handle, $0.lifecycle.calls) }
    sum.openCalls += calls
    // The threads end with the handle.
    guard let handle else { return }
    let pollers = handle.pollerCounts
    sum.pollerThreads += pollers.active
    sum.relievedThreads += pollers.relieved
    sum.handlerThreads += workers.threads.count
    for placement in placements {
      sum.queuedHandlers += placement.handlers.waitingCount + placement.cancellations.waitingCount
    }
  }
}
