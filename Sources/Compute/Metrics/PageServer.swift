import Glibc

/// The loop that serves the clients of a page, on a thread of its own.
final class PageServer {
  private static let maxConnections = 32
  private static let timeout = Duration.seconds(5)

  private let socket: PageSocket
  private let waker: Int32
  private let content: @Sendable () -> String
  /// In the order in which they came, and so of their deadlines.
  private var connections: [PageConnection] = []
  /// The time until which none is accepted, because the process has no descriptor for it.
  private var pauseEnd: ContinuousClock.Instant?

  init(socket: PageSocket, waker: Int32, content: @escaping @Sendable () -> String) {
    self.socket = socket
    self.waker = waker
    self.content = content
  }

  /// Serves until the waker is written to.
  func run() {
    while true {
      var entries = [
        pollfd(fd: waker, events: Int16(POLLIN), revents: 0),
        // A negative descriptor is left out.
        pollfd(fd: pauseEnd == nil ? socket.descriptor : -1, events: Int16(POLLIN), revents: 0),
      ]
      entries += connections.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
      poll(&entries, nfds_t(entries.count), millisecondsToNextDeadline)
      if entries[0].revents != 0 { return }

      let now = ContinuousClock.now
      let ready = Set(entries.dropFirst(2).filter { $0.revents != 0 }.map(\.fd))
      connections.removeAll { connection in
        connection.deadline <= now || ready.contains(connection.descriptor) && !connection.advance(page: content)
      }
      if let end = pauseEnd, end <= now { pauseEnd = nil }
      if entries[1].revents != 0 { accept(now) }
    }
  }

  private var millisecondsToNextDeadline: Int32 {
    guard let next = [pauseEnd, connections.first?.deadline].compactMap({ $0 }).min() else { return -1 }
    let milliseconds = (next - .now) / .milliseconds(1)
    return Int32(max(0, min(milliseconds.rounded(.up), 60_000)))
  }

  private func accept(_ now: ContinuousClock.Instant) {
    switch socket.accept() {
    case (let descriptor?, _):
      if connections.count == Self.maxConnections { connections.removeFirst() }
      connections.append(PageConnection(descriptor: descriptor, deadline: now + Self.timeout))
    case (nil, EMFILE), (nil, ENFILE), (nil, ENOBUFS), (nil, ENOMEM):
      pauseEnd = now + .milliseconds(100)
    case (nil, _):
      // The client has gone, or a signal came.
      break
    }
  }
}
