import Glibc

/// A connection of a client of the page.
final class PageConnection {
  /// The event for which the connection waits.
  enum Phase {
    case request
    case sending
    /// The client's end: closing earlier could take the response away from it.
    case end
  }

  /// The descriptor, which does not block.
  let descriptor: Int32

  /// The time at which the connection is closed, whatever it waits for.
  let deadline: ContinuousClock.Instant

  private(set) var phase = Phase.request
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  /// The number of bytes of it that have been sent.
  private var sentCount = 0

  init(descriptor: Int32, deadline: ContinuousClock.Instant) {
    self.descriptor = descriptor
    self.deadline = deadline
  }

  deinit { close(descriptor) }

  /// The events to wait for.
  var events: Int16 { Int16(phase == .sending ? POLLOUT : POLLIN) }

  /// Reads and writes what is possible without waiting, in bounded steps.
  ///
  /// - Returns: Whether the connection goes on.
  func advance(page: () -> String) -> Bool {
    switch phase {
    case .request:
      guard let bytes = receive() else { return true }
      guard !bytes.isEmpty else { return false }
      input += bytes
      guard let response = PageRequest(input).response(page: page) else { return true }
      input = []
      output = response
      phase = .sending
      return send()
    case .sending:
      return send()
    case .end:
      guard let bytes = receive() else { return true }
      return !bytes.isEmpty
    }
  }

  /// Returns what has arrived; nothing if the connection has ended, and `nil` if nothing has arrived.
  private func receive() -> ArraySlice<UInt8>? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    if count < 0 { return errno == EAGAIN || errno == EINTR ? nil : [] }
    return buffer.prefix(count)
  }

  private func send() -> Bool {
    let count = output.withUnsafeBytes { bytes in
      let rest = UnsafeRawBufferPointer(rebasing: bytes[sentCount...])
      return Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
    }
    if count < 0 { return errno == EAGAIN || errno == EINTR }
    sentCount += count
    if sentCount == output.count {
      // The client may take its time to close the connection, and the page is large.
      output = []
      shutdown(descriptor, Int32(SHUT_WR))
      phase = .end
    }
    return true
  }
}
