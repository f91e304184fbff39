import CoreGRPC
import Dispatch
import TestSupport
import Testing

@Suite("Tasks on a channel's threads", .timeLimit(.minutes(5)))
struct ChannelExecutorTests {
  /// Calls until the task waits for a response, and so is on the thread that receives it: one that is there before
  /// leaves the task where it is.
  private static func callToPoller(_ test: TestServer) async throws {
    repeat { #expect(try await test.call().message == [1, 2, 3]) } while currentPollerName == nil
  }

  @Test("A task resumes with the response on the thread that received it, and after anything else on Swift's pool")
  func threads() async throws {
    try await withTestServer { test in
      try await Self.callToPoller(test)
      #expect(currentPollerName == "grpc-client")
      // More than once, as what it waits for may be over before it waits.
      for _ in 0..<1000 where currentPollerName != nil { await Task.yield() }
      #expect(currentPollerName == nil)
    }
  }

  @Test("With a preference for the channel's executor a task is there from its start, whatever it awaits")
  func preference() async throws {
    try await withTestServer { test in
      // While no thread is in reserve, as for moments on a busy machine, a task runs beside the polling threads.
      var names: [String?] = []
      for _ in 0..<100 where names != ["grpc-client", "grpc-client"] {
        names = try await withTaskExecutorPreference(test.channel.taskExecutor) {
          let first = currentPollerName
          #expect(try await test.call().message == [1, 2, 3])
          try await Task.sleep(for: .milliseconds(1))
          return [first, currentPollerName]
        }
      }
      #expect(names == ["grpc-client", "grpc-client"])
    }
  }

  @Test("If the channel does not resume on its threads, a task stays on Swift's pool")
  func withoutResumption() async throws {
    var configuration = Channel.Configuration()
    configuration.resumesOnPollers = false
    try await withTestServer(channelConfiguration: configuration) { (test) async throws in
      #expect(try await test.call().message == [1, 2, 3])
      #expect(currentPollerName == nil)
    }
  }

  @Test("A task of an actor resumes on the actor, and one of the main actor on the main thread")
  func actors() async throws {
    try await withTestServer { test in
      actor Caller {
        var answers = 0

        func call(_ test: TestServer) async throws -> Int {
          #expect(try await test.call().message == [1, 2, 3])
          preconditionIsolated()
          answers += 1
          return answers
        }
      }
      let caller = Caller()
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<20 { group.addTask { try await caller.call(test) } }
        let answers = try await group.reduce(into: Set()) { $0.insert($1) }
        #expect(answers == Set(1...20))
      }
      try await Task { @MainActor in
        _ = try await test.call()
        MainActor.preconditionIsolated()
      }.value
    }
  }

  @Test("Many tasks, with unary calls and streams")
  func manyTasks() async throws {
    try await withTestServer { test in
      let total = try await withTaskExecutorPreference(test.channel.taskExecutor) {
        try await withThrowingTaskGroup(of: Int.self) { group in
          for worker in 0..<64 {
            group.addTask {
              for call in 0..<20 {
                let message = [UInt8(worker), UInt8(call)]
                guard try await test.call(message).message == message else { return 0 }
              }
              return 20
            }
          }
          return try await group.reduce(0, +)
        }
      }
      #expect(total == 64 * 20)
    }
  }

  private static func block(on semaphore: DispatchSemaphore) { semaphore.wait() }

  @Test("Code that blocks the thread which received its response holds up no call", arguments: [1, 8])
  func blockingAfterResponse(count: Int) async throws {
    try await withTestServer { test in
      let release = DispatchSemaphore(value: 0)
      let arrived = Gate()
      try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<count {
          group.addTask {
            try await Self.callToPoller(test)
            arrived.open()
            Self.block(on: release)
            return currentPollerName
          }
        }
        await arrived.pass()
        for _ in 0..<100 { #expect(try await test.call().message == [1, 2, 3]) }
        for _ in 0..<count { release.signal() }
        for try await name in group { #expect(name == "grpc-client") }
      }
    }
  }

  @Test("A task that blocks its thread holds up no call, neither there nor on Swift's pool")
  func blocking() async throws {
    try await withTestServer { test in
      let release = DispatchSemaphore(value: 0)
      let hasBegun = Gate()
      let blocked = Task(executorPreference: test.channel.taskExecutor) {
        hasBegun.open()
        Self.block(on: release)
        return currentPollerName
      }
      await hasBegun.pass()
      #expect(try await test.call().message == [1, 2, 3])
      _ = try await withTaskExecutorPreference(test.channel.taskExecutor) { try await test.call() }
      release.signal()
      #expect(await blocked.value == "grpc-client")
    }
  }

  @Test("On a channel that is closed, tasks run on Swift's pool")
  func closed() async throws {
    let channel = try Channel(target: "127.0.0.1:1")
    channel.close()
    await withTaskExecutorPreference(channel.taskExecutor) { #expect(currentPollerName == nil) }
  }
}
