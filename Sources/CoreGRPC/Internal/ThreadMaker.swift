/// A thread of normal priority that makes others for threads of low priority, whose own would inherit theirs.
final class ThreadMaker: Sendable {
  private final class Request: Sendable {
    let name: String
    let body: @Sendable () -> Void
    let isStarted = Locked(false)
    let isDone = Semaphore()

    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  private let requests = Locked<[Request]>([])
  private let wakeUp = Semaphore()

  /// Starts the thread, which then lives as long as the process.
  ///
  /// - Parameter create: Makes a thread on the current one.
  /// - Returns: Whether the system gives the thread.
  func start(_ create: @escaping @Sendable (_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool) -> Bool {
    create("grpc-threads") { [self] in
      while true {
        wakeUp.wait()
        let all = requests.withLock { requests in
          defer { requests = [] }
          return requests
        }
        for request in all {
          let isStarted = create(request.name, request.body)
          request.isStarted.withLock { $0 = isStarted }
          request.isDone.signal()
        }
      }
    }
  }

  /// Has the thread make another one, and waits for that.
  ///
  /// - Returns: Whether the system gives one.
  func spawn(name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
    let request = Request(name: name, body: body)
    requests.withLock { $0.append(request) }
    wakeUp.signal()
    request.isDone.wait()
    return request.isStarted.withLock { $0 }
  }
}
