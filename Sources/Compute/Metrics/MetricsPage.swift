import Dispatch
import Glibc

/// A page of metrics at `/metrics`, over HTTP/1.1 without TLS.
///
/// One thread of its own serves all clients, without ever waiting for one: a client that sends slowly, or reads slowly,
/// holds up no other. A connection carries one request, is closed after five seconds at the latest, and reads at most 8
/// KiB. Of more than 32 connections the oldest is closed.
public final class MetricsPage: Sendable {
  /// The address with its port: host:port, or [IPv6 address]:port.
  public let address: String

  private let waker, wakingEnd: Int32
  private let ended: DispatchGroup

  /// Listens, and serves.
  ///
  /// - Parameters:
  ///   - host: The name or address of the interface.
  ///   - port: The port; 0 lets the system choose.
  ///   - content: Returns the page. It is called on the page's own thread, for each request.
  /// - Throws: When the address cannot be bound. The error's description says why.
  public init(host: String, port: UInt16, content: @escaping @Sendable () -> String) throws {
    let socket = try PageSocket(host: host, port: port)
    address = socket.address
    var pair: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, PageSocket.streamType, 0, &pair) == 0 else {
      throw PageSocket.Failure(description: "cannot make a pair of sockets: \(String(cString: strerror(errno)))")
    }
    (waker, wakingEnd) = (pair[0], pair[1])
    ended = DispatchGroup()
    DispatchQueue(label: "metrics page").async(group: ended) { [waker] in
      let server = PageServer(socket: socket, waker: waker, content: content)
      server.run()
    }
  }

  /// Closes all connections, and waits for the thread's end.
  public func stop() {
    // A byte stays there: the thread ends also if it does not wait yet.
    _ = write(wakingEnd, [UInt8(1)], 1)
    ended.wait()
  }

  deinit {
    stop()
    close(waker)
    close(wakingEnd)
  }
}
