import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Threads on which handlers run", .timeLimit(.minutes(5)))
struct HandlerExecutorTests {
  /// The place where a handler runs: the name of a polling thread, `lane` for a worker of a slow method, or `none`.
  private static var place: String {
    // Linux keeps 15 bytes of a name.
    currentPollerName ?? (currentThreadName == "grpc-server-work".prefix(15) ? "lane" : "none")
  }

  /// A server that answers the places where its handler begins and ends, one if they are the same.
  private func makeServer(_ executor: Server.HandlerExecutor, threads: Int = 1) throws -> TestServer {
    var configuration = Server.Configuration()
    configuration.handlerExecutor = executor
    configuration.polling.threads = threads
    return try TestServer(configuration: configuration) { request, _ in
      let before = Self.place
      if request.message == [1] { try await Task.sleep(for: .milliseconds(1)) }
      let after = Self.place
      return ServerResponse(message: Array((before == after ? before : "\(before), \(after)").utf8))
    }
  }

  @Test("On the pollers by default, on Swift's pool by choice, also after a suspension")
  func threads() async throws {
    let pool = try makeServer(.concurrentPool)
    try await withShutdown(of: pool.server) { () async throws in
      #expect(try await pool.call([0]).message == Array("none".utf8))
    }
    for threads in [1, 3] {
      for message in [[0], [1]] as [[UInt8]] {
        var places = ""
        repeat {
          // Another server if its method is in a lane: a first call may be long, under a sanitizer above all.
          let pollers = try makeServer(Server.Configuration().handlerExecutor, threads: threads)
          places = try await withShutdown(of: pollers.server) { () async throws in
            String(decoding: try await pollers.call(message).message, as: UTF8.self)
          }
        } while places == "lane" || places == "grpc-server, lane"
        #expect(places == "grpc-server")
      }
    }
  }

  @Test("On the threads of a channel, if its executor is chosen")
  func channelsExecutor() async throws {
    let echo = try TestServer()
    try await withShutdown(of: echo.server) {
      var place = ""
      repeat { place = try await placeOnChannel(echo.channel) } while place == "lane"
      #expect(place == "grpc-client")
    }
  }

  /// Returns the place where a handler runs whose server has the channel's executor: `lane` if its first call was long.
  private func placeOnChannel(_ channel: Channel) async throws -> String {
    let test = try makeServer(.custom(channel.taskExecutor))
    return try await withShutdown(of: test.server) {
      String(decoding: try await test.call([0]).message, as: UTF8.self)
    }
  }

  @Test("An executor of the program's own")
  func custom() async throws {
    final class Own: TaskExecutor {
      let queue = DispatchQueue(label: "own")

      func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
      }
    }
    let own = Own()
    var configuration = Server.Configuration()
    configuration.handlerExecutor = .custom(own)
    try await withTestServer(configuration: configuration) { request, _ in
      dispatchPrecondition(condition: .onQueue(own.queue))
      return ServerResponse(message: request.message)
    } body: { (test) async throws in
      #expect(try await test.call().message == [1, 2, 3])
    }
  }

  /// Runs each job before it returns.
  private final class InlineExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
      UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
    }
  }

  @Test("An executor that runs jobs inline serves calls, and its handlers hear cancellations")
  func inline() async throws {
    var configuration = Server.Configuration()
    configuration.handlerExecutor = .custom(InlineExecutor())
    let arrived = Gate()
    let cancelled = Gate()
    try await withTestServer(configuration: configuration) { request, _ in
      switch request.message {
      case [1]: await Task.yield()
      case [2]:
        arrived.open()
        await waitForCancellation()
        cancelled.open()
      default: break
      }
      return ServerResponse(message: request.message)
    } body: { (test) async throws in
      for index in 0..<20 {
        let message = [UInt8(index % 2)]
        #expect(try await test.call(message).message == message)
      }
      let call = Task { await rpcError { try await test.call([2]) } }
      await arrived.pass()
      call.cancel()
      await cancelled.pass()
      #expect(await call.value?.code == .cancelled)
      #expect(try await test.call([0]).message == [0])
    }
    try await withStreamServer(configuration: configuration) { (stream) async throws in
      #expect(try await stream.echo([[1], [2], [3]]) == [[1], [2], [3]])
    }
  }

  /// An executor whose first enqueueing waits until it is told to go on.
  private final class WaitingExecutor: TaskExecutor {
    let arrived = Gate(), proceed = DispatchSemaphore(value: 0)
    private let isFirst = Atomic(true)

    func enqueue(_ job: consuming ExecutorJob) {
      if isFirst.exchange(false, ordering: .relaxed) {
        arrived.open()
        proceed.wait()
      }
      let job = UnownedJob(job)
      DispatchQueue.global().async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
  }

  @Test("An executor of the program's own that waits when it is given a job holds up no other call")
  func waitingExecutor() async throws {
    let executor = WaitingExecutor()
    var configuration = Server.Configuration()
    configuration.handlerExecutor = .custom(executor)
    configuration.polling.threads = 1
    try await withTestServer(configuration: configuration) { (test) async throws in
      let first = Task { try await test.call([1]).message }
      await executor.arrived.pass()
      for index in UInt8(2)..<100 { #expect(try await test.call([index]).message == [index]) }
      let late = await rpcError { try await test.channel.echo(options: CallOptions(timeout: .milliseconds(1))) }
      #expect(late == nil || late?.code == .deadlineExceeded)
      executor.proceed.signal()
      #expect(try await first.value == [1])
    }
  }

  @Test("Handlers that an executor runs inline, and that block their threads, hold up no other call")
  func blockingInline() async throws {
    let proceed = DispatchSemaphore(value: 0), arrived = Gate()
    var configuration = Server.Configuration()
    configuration.handlerExecutor = .custom(InlineExecutor())
    configuration.polling.threads = 1
    try await withTestServer(configuration: configuration) { request, _ in
      if request.message == [1] {
        arrived.open()
        proceed.wait()
      }
      return ServerResponse(message: request.message)
    } body: { (test) async throws in
      let first = Task { try await test.call([1]).message }
      await arrived.pass()
      for index in UInt8(2)..<100 { #expect(try await test.call([index]).message == [index]) }
      proceed.signal()
      #expect(try await first.value == [1])
    }
  }

  @Test("Streams, many calls and a shutdown work on the pollers too", arguments: [1, 2])
  func pollersUnderLoad(threads: Int) async throws {
    var configuration = Server.Configuration()
    configuration.handlerExecutor = .pollers
    configuration.polling.threads = threads
    try await withStreamServer(configuration: configuration) { test in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<200 {
          let messages = (0..<5).map { [UInt8($0), UInt8(index % 256)] }
          group.addTask { try await test.echo(messages) == messages }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test("Handlers that block their threads hold up no other call", arguments: [4, 20])
  func blocking(count: Int) async throws {
    let arrived = Gate()
    let proceed = DispatchSemaphore(value: 0)
    try await withTestServer { request, _ in
      guard request.message == [0] else { return ServerResponse(message: request.message) }
      arrived.open()
      // Not `await`: it blocks the thread.
      Self.block(on: proceed)
      return ServerResponse(message: [0])
    } body: { test in
      try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for _ in 0..<count {
          group.addTask { try await test.call([0]).message }
        }
        await arrived.pass()
        for index in 1...100 {
          #expect(try await test.call([UInt8(index)]).message == [UInt8(index)])
        }
        for _ in 0..<count { proceed.signal() }
        for try await message in group { #expect(message == [0]) }
      }
    }
  }

  @Test("A handler that blocks its thread for another one, which it resumes after a while, gets what it waits for")
  func blockingForAnother() async throws {
    let proceed = DispatchSemaphore(value: 0)
    let done = DispatchSemaphore(value: 0)
    let resumed = Gate()
    let waits = Gate()
    try await withTestServer { request, _ in
      switch request.message {
      case [0]:
        waits.open()
        await resumed.pass()
        done.signal()
      case [1]:
        // Not `await`: it blocks the thread, which another one takes the place of.
        Self.block(on: proceed)
        resumed.open()
        Self.block(on: done)
      default: proceed.signal()
      }
      return ServerResponse(message: request.message)
    } body: { test in
      try await withThrowingTaskGroup { group in
        group.addTask { _ = try await test.call([0]) }
        await waits.pass()
        group.addTask { _ = try await test.call([1]) }
        group.addTask { _ = try await test.call([2]) }
        try await group.waitForAll()
      }
    }
  }

  @Test("Replies of handlers that ran before one that blocks go out while it does")
  func repliesBeforeBlocking() async throws {
    let proceed = DispatchSemaphore(value: 0)
    try await withTestServer { request, _ in
      if request.message == [0] { Self.block(on: proceed) }
      return ServerResponse(message: request.message)
    } body: { test in
      for _ in 0..<10 {
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
          // All at the same time, so that there are replies to be deferred.
          for index in 0..<64 { group.addTask { try await test.call([index == 32 ? 0 : 1]).message } }
          for _ in 0..<63 {
            let message = try await group.next()
            #expect(message == [1])
          }
          proceed.signal()
          let message = try await group.next()
          #expect(message == [0])
        }
      }
    }
  }

  private static func block(on semaphore: DispatchSemaphore) { semaphore.wait() }

  @Test("A blocked handler is cancelled all the same, and keeps its server from stopping no more than others")
  func blockedCancellation() async throws {
    let arrived = Gate()
    let cancelled = Gate()
    let proceed = DispatchSemaphore(value: 0)
    try await withTestServer { request, _ in
      await withTaskCancellationHandler {
        arrived.open()
        Self.block(on: proceed)
      } onCancel: {
        cancelled.open()
      }
      return ServerResponse(message: request.message)
    } body: { test in
      let call = Task { await rpcError { try await test.call([1]) } }
      await arrived.pass()
      call.cancel()
      #expect(await call.value?.code == .cancelled)
      await cancelled.pass()
      await test.server.shutdown(gracePeriod: .zero)
      proceed.signal()
    }
  }

  @Test("A handler that yields for ever learns that its deadline has passed, and so does one beside it")
  func yielding() async throws {
    let arrived = Gate()
    let cancelled = (0..<2).map { _ in Gate() }
    try await withTestServer { request, _ in
      switch request.message {
      case [0]:
        arrived.open()
        await waitForCancellation()
        cancelled[0].open()
      case [1]:
        while !Task.isCancelled { await Task.yield() }
        cancelled[1].open()
      default: break
      }
      return ServerResponse(message: request.message)
    } body: { (test) async throws in
      async let waiting = rpcError {
        try await test.call([0], options: CallOptions(timeout: .milliseconds(300)))
      }
      await arrived.pass()
      let yielding = await #expect(throws: RPCError.self) {
        try await test.call([1], options: CallOptions(timeout: .milliseconds(100)))
      }
      #expect(yielding?.code == .deadlineExceeded)
      #expect(await waiting?.code == .deadlineExceeded)
      for gate in cancelled { await gate.pass() }
      #expect(try await test.call([2]).message == [2])
    }
  }

  @Test("A cancellation handler that blocks its thread holds up no other call")
  func blockingCancellationHandler() async throws {
    let arrived = Gate()
    let cancelled = Gate()
    let proceed = DispatchSemaphore(value: 0)
    try await withTestServer { request, _ in
      guard request.message == [0] else { return ServerResponse(message: request.message) }
      let ended = Gate()
      await withTaskCancellationHandler {
        arrived.open()
        await ended.pass()
      } onCancel: {
        cancelled.open()
        Self.block(on: proceed)
        ended.open()
      }
      return ServerResponse(message: request.message)
    } body: { (test) async throws in
      let call = Task { await rpcError { try await test.call([0]) } }
      await arrived.pass()
      call.cancel()
      await cancelled.pass()
      for index in 1...100 { #expect(try await test.call([UInt8(index)]).message == [UInt8(index)]) }
      proceed.signal()
      #expect(await call.value?.code == .cancelled)
    }
  }

  @Test("A handler that blocks its thread after a long stay inside C-core holds up no other call")
  func blockingAfterCore() async throws {
    let proceed = DispatchSemaphore(value: 0)
    let arrived = Gate()
    try await withTestServer { request, _ in
      guard request.message == [0] else { return ServerResponse(message: request.message) }
      // Longer than the observer looks while nothing happens.
      _ = Poller.start(CallbackOperation {}) { usleep(200_000) }
      arrived.open()
      Self.block(on: proceed)
      return ServerResponse(message: request.message)
    } body: { (test) async throws in
      async let blocked = test.call([0])
      await arrived.pass()
      for index in 1...100 { #expect(try await test.call([UInt8(index)]).message == [UInt8(index)]) }
      proceed.signal()
      #expect(try await blocked.message == [0])
    }
  }
}
