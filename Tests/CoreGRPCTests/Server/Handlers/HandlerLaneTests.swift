import Dispatch
import Glibc
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Return of short handlers to the polling threads")
struct HandlerProbationTests {
  /// Notes jobs of a length.
  ///
  /// - Returns: What the probation answered to each.
  private func note(
    _ count: Int,
    _ probation: inout HandlerProbation,
    at end: UInt64,
    after length: UInt64 = 10
  ) -> [Bool] {
    (0..<count).map { _ in probation.jobEnded(at: end, after: length) }
  }

  @Test("They return after many short jobs in a row, and some time")
  func returns() {
    var probation = HandlerProbation()
    probation.restart(at: 1)
    let answers = note(HandlerProbation.leastCount, &probation, at: 1 + HandlerProbation.shortestTime)
    #expect(answers.firstIndex(of: true) == HandlerProbation.leastCount - 1)
  }

  @Test("A long job begins it anew, also if an earlier one is noted after it")
  func order() {
    var probation = HandlerProbation()
    probation.restart(at: 1)
    let end = 1 + HandlerProbation.shortestTime
    #expect(note(1, &probation, at: end, after: HandlerProbation.longJob) == [false])
    #expect(!note(HandlerProbation.leastCount + 1, &probation, at: end - 500).contains(true))
    #expect(note(1, &probation, at: end - 1000, after: HandlerProbation.longJob) == [false])
    #expect(!note(HandlerProbation.leastCount, &probation, at: end + HandlerProbation.shortestTime - 1).contains(true))
    #expect(note(1, &probation, at: end + HandlerProbation.shortestTime) == [true])
  }

  @Test("It takes longer each time that handlers have returned too soon")
  func relapses() {
    var probation = HandlerProbation()
    var times: [UInt64] = []
    for _ in 0..<8 {
      probation.restart(at: 5)
      times.append(probation.time / HandlerProbation.shortestTime)
    }
    #expect(times == [1, 2, 4, 8, 16, 32, 64, 64])
    probation.restart(at: 6 + 2 * HandlerProbation.longestTime)
    #expect(probation.time == HandlerProbation.shortestTime)
  }
}

@Suite("Handlers that run beside the polling threads", .timeLimit(.minutes(5)))
struct HandlerLaneTests {
  private static let block = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Block")

  /// A server whose method `Block` waits for a semaphore with its thread, and whose echo answers.
  private func makeServer(
    maxHandlerThreads: Int,
    until proceed: DispatchSemaphore,
    arrived: Counter = Counter()
  ) throws -> (Server, Channel) {
    var router = RPCRouter()
    func register(_ method: MethodDescriptor, _ body: @escaping @Sendable () -> Void) {
      router.registerHandler(forMethod: method) { (request: ServerRequest<[UInt8]>, _) in
        body()
        return ServerResponse(message: request.message)
      }
    }
    register(TestServer.echo) {}
    register(Self.block) {
      arrived.add()
      proceed.wait()
    }
    var configuration = Server.Configuration()
    configuration.maxHandlerThreads = maxHandlerThreads
    let server = Server(router: router, configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    return (server, try Channel(target: address.description))
  }

  @Test("Hundreds of blocked handlers of a method hold up neither another method nor a shutdown")
  func hundreds() async throws {
    let proceed = DispatchSemaphore(value: 0)
    let (server, channel) = try makeServer(maxHandlerThreads: 400, until: proceed)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<300 {
        group.addTask { _ = await rpcError { try await channel.echo(method: Self.block) } }
      }
      for index in 1...200 { #expect(try await channel.echo([UInt8(index)]).message == [UInt8(index)]) }
      await server.shutdown(gracePeriod: .zero)
      for _ in 0..<300 { proceed.signal() }
      try await group.waitForAll()
    }
  }

  @Test("If as many handlers block as there may be, further ones wait for their turn, and their deadlines hold")
  func bound() async throws {
    let proceed = DispatchSemaphore(value: 0)
    let arrived = Counter()
    let (server, channel) = try makeServer(maxHandlerThreads: 4, until: proceed, arrived: arrived)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<40 { group.addTask { _ = try await channel.echo(method: Self.block) } }
      let late = await #expect(throws: RPCError.self) {
        try await channel.echo(method: Self.block, options: CallOptions(timeout: .milliseconds(200)))
      }
      #expect(late?.code == .deadlineExceeded)
      for index in 1...20 { #expect(try await channel.echo([UInt8(index)]).message == [UInt8(index)]) }
      // At most 3 of the lane, and those that were found to block on polling threads before that was known.
      #expect(arrived.value < 40)
      for _ in 0..<41 { proceed.signal() }
      try await group.waitForAll()
    }
    await server.shutdown()
  }

  @Test("If handlers hold as many polling threads as there may be, all others run beside these, and deadlines hold")
  func boundOfPollers() async throws {
    let proceed = DispatchSemaphore(value: 0)
    let onPollers = Counter()
    let arrivals = (0..<12).map { _ in Gate() }
    func method(_ index: Int) -> MethodDescriptor {
      MethodDescriptor(fullyQualifiedService: "test.Test", method: "Block\(index)")
    }
    var router = RPCRouter()
    router.registerHandler(forMethod: TestServer.echo) { (request: ServerRequest<[UInt8]>, _) in
      ServerResponse(message: request.message)
    }
    let block: @Sendable (Gate) -> Void = { arrived in
      if Poller.current != nil { onPollers.add() }
      arrived.open()
      proceed.wait()
    }
    for (index, arrived) in arrivals.enumerated() {
      router.registerHandler(forMethod: method(index)) { (request: ServerRequest<[UInt8]>, _) in
        block(arrived)
        return ServerResponse(message: request.message)
      }
    }
    var configuration = Server.Configuration()
    configuration.polling.maxThreads = 2
    let server = Server(router: router, configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let channel = try Channel(target: address.description)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, arrived) in arrivals.enumerated() {
        group.addTask { _ = try await channel.echo(method: method(index)) }
        await arrived.pass()
      }
      // The other thread polls.
      #expect(onPollers.value <= 1)
      for index in 1...20 { #expect(try await channel.echo([UInt8(index)]).message == [UInt8(index)]) }
      let late = await #expect(throws: RPCError.self) {
        try await channel.echo(method: method(0), options: CallOptions(timeout: .milliseconds(200)))
      }
      #expect(late?.code == .deadlineExceeded)
      for _ in 0..<13 { proceed.signal() }
      try await group.waitForAll()
    }
    await server.shutdown()
  }

  @Test("A child task that holds a polling thread takes the jobs of its method off these threads")
  func childTask() async throws {
    let arrived = Gate()
    let proceed = DispatchSemaphore(value: 0)
    let hold: @Sendable () -> Void = {
      arrived.open()
      proceed.wait()
    }
    // Answers whether the handler ends beside the polling threads.
    try await withTestServer { request, _ in
      if request.message == [1] { await withTaskGroup(of: Void.self) { $0.addTask { hold() } } }
      return ServerResponse(message: [Poller.current == nil ? 1 : 0])
    } body: { (test) async throws in
      let held = Task { try await test.call([1]).message }
      await arrived.pass()
      while try await test.call([0]).message == [0] {}
      proceed.signal()
      #expect(try await held.value == [1])
    }
  }

  /// The niceness of the current thread, from 0 to 39.
  private static var niceness: UInt8 { UInt8(20 + getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)) }

  @Test("If more threads compute than there are processors, they have a lower priority than those that poll")
  func priority() async throws {
    let isLowered = Gate()
    let isOver = Locked(false)
    // Answers whether the handler ends beside the polling threads, and the niceness of its thread.
    try await withTestServer { request, _ in
      let niceness = Self.niceness
      while request.message == [1], !isOver.withLock({ $0 }) {
        if Self.niceness > niceness { isLowered.open() }
      }
      return ServerResponse(message: [Poller.current == nil ? 1 : 0, Self.niceness])
    } body: { (test) async throws in
      let polling = try await test.call([0]).message
      // One on a polling thread, and as many as there are processors beside these.
      try await withThrowingTaskGroup(of: [UInt8].self) { calls in
        for _ in 0...Processors.count { calls.addTask { try await test.call([1]).message } }
        await isLowered.pass()
        isOver.withLock { $0 = true }
        var lowest: UInt8 = 0
        for try await answer in calls { lowest = max(lowest, answer[1]) }
        #expect(lowest == min(39, polling[1] + UInt8(Thread.lowPriorityNiceness)))
      }
      var answer: [UInt8]
      repeat { answer = try await test.call([0]).message } while answer[0] != polling[0]
      #expect(answer == polling)
    }
  }

  @Test("Hundreds of blocked cancellation handlers hold up neither another method's cancellations nor a shutdown")
  func cancellations() async throws {
    let proceed = DispatchSemaphore(value: 0)
    let (waits, isTold) = (Gate(), Gate())
    var router = RPCRouter()
    func register(_ method: MethodDescriptor, _ body: @escaping @Sendable () async -> Void) {
      router.registerHandler(forMethod: method) { (request: ServerRequest<[UInt8]>, _) in
        await body()
        return ServerResponse(message: request.message)
      }
    }
    register(Self.block) {
      await withTaskCancellationHandler {
        await waitForCancellation()
      } onCancel: {
        // One after the other, also those that come when the test is over.
        proceed.wait()
        proceed.signal()
      }
    }
    register(TestServer.echo) {
      waits.open()
      await waitForCancellation()
      isTold.open()
    }
    var configuration = Server.Configuration()
    configuration.maxHandlerThreads = 32
    let server = Server(router: router, configuration: configuration)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let channel = try Channel(target: address.description)
    let blocking = (0..<300).map { _ in
      Task { _ = await rpcError { try await channel.echo(method: Self.block) } }
    }
    let waiting = Task { _ = await rpcError { try await channel.echo() } }
    await waits.pass()
    for call in blocking { call.cancel() }
    for call in blocking { await call.value }
    waiting.cancel()
    await isTold.pass()
    await server.shutdown(gracePeriod: .zero)
    proceed.signal()
    await waiting.value
  }

  @Test("Jobs that block until others have run get threads, also when the threads that polled have ended")
  func stoppedQueue() async {
    let stopped = Gate()
    let workers = CompletionQueue(name: "test", threads: 1) { stopped.open() }.workers
    await stopped.pass()
    let lane = HandlerLane(pool: workers) {}
    let (arrived, proceed, all) = (Counter(), DispatchSemaphore(value: 0), Gate())
    let count = 60
    for _ in 0..<count {
      let job = Poller.Job.function(
        {
          if arrived.add() == count { all.open() }
          proceed.wait()
        },
        nil
      )
      lane.append(.other(job))
    }
    await all.pass()
    for _ in 0..<count { proceed.signal() }
  }

  @Test("Handlers that block when the threads that polled have ended do not hold Swift's pool")
  func blockedWithoutPollers() async {
    let stopped = Gate()
    let executor = CompletionQueue(name: "test", threads: 1) { stopped.open() }.executor
    await stopped.pass()
    let (arrived, proceed, all) = (Counter(), DispatchSemaphore(value: 0), Gate())
    // More than Swift's pool has threads.
    let count = Processors.count + 8
    let tasks = (0..<count).map { _ in
      Task(executorPreference: executor) {
        if arrived.add() == count { all.open() }
        proceed.wait()
      }
    }
    await all.pass()
    await Task.detached {}.value
    for _ in 0..<count { proceed.signal() }
    for task in tasks { await task.value }
  }

  @Test("Any number of threads may be allowed", arguments: [Int.min, 0, 1, .max])
  func extremes(_ count: Int) {
    let pool = WorkerPool(name: "test", largestThreadCount: count, observerWakeUp: ObserverWakeUp())
    #expect(pool.limit(ofLaneWith: 0) >= 1)
  }

  @Test("A method leaves the polling threads when its handlers block, and returns when they are quick again")
  func placement() async throws {
    let blocks = Locked(true)
    try await withTestServer { request, _ in
      let name = currentPollerName == nil ? [0] : [1] as [UInt8]
      if blocks.withLock({ $0 }) { usleep(20_000) }
      return ServerResponse(message: name)
    } body: { test in
      #expect(try await test.call().message == [1])
      // The one that was found to block, and no other one, has held a polling thread.
      while try await test.call().message == [1] {}
      for _ in 0..<5 { #expect(try await test.call().message == [0]) }
      blocks.withLock { $0 = false }
      while try await test.call().message == [0] {}
      #expect(try await test.call().message == [1])
    }
  }

  @Test("If no further thread is available, calls wait and their deadlines hold")
  func noThreads() async throws {
    // A program of its own: the limit is that of a process, and Swift's pool has no way to live with it.
    let server = try ChildProcess(Locations.executable("race-peer"), ["limit"])
    let channel = try Channel(target: try #require(await server.line(after: "running... ")))
    #expect(try await channel.echo([1]).message == [1])
    #expect(try await channel.echo([1], method: Self.limit).message == [1])
    let codes = await withTaskGroup(of: RPCError.Code?.self) { group in
      for _ in 0..<40 {
        group.addTask {
          await rpcError {
            try await channel.echo(method: Self.block, options: CallOptions(timeout: .milliseconds(200)))
          }?.code
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(codes.allSatisfy { $0 == .deadlineExceeded })
    #expect(try await channel.echo([7]).message == [7])
    server.signal(SIGKILL)
    #expect(await server.outcome().wasKilled)
  }

  @Test("If no further thread is available, a server ends a call at its deadline, though no other call comes")
  func noThreadForDeadlines() async throws {
    let server = try ChildProcess(Locations.executable("race-peer"), ["limit"])
    let address = try ListenAddress(#require(await server.line(after: "running... ")))
    let channel = try Channel(target: address.description)
    #expect(try await channel.echo([1]).message == [1])
    #expect(try await channel.echo([1], method: Self.limit).message == [1])
    let client = RawConnection(toPort: Int(address.port ?? 0))
    client.send(
      .request(stream: 1, path: "/test.Test/Wait", ("grpc-timeout", "100m")),
      .data(HTTP2Frame.message([1]), stream: 1, flags: HTTP2Frame.endsStream)
    )
    let end = await client.frame { $0.kind == .headers && $0.flags & HTTP2Frame.endsStream != 0 }
    #expect(end?.contains("Deadline Exceeded") == true)
    #expect(try await channel.echo([7]).message == [7])
    server.signal(SIGKILL)
    #expect(await server.outcome().wasKilled)
  }

  private static let limit = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Limit")
}
