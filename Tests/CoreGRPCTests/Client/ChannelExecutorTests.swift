import CoreGRPC
import Dispatch
import TestSupport
import Testing

@Suite("Tasks on a channel's threads", .timeLimit(.minutes(5)))
struct ChannelExecutorTests {
  @Test("A task goes on with the response on the thread that received it; without a preference, on Swift's pool")
  func threads() async throws {
    let test = try TestServer()
    try await withTaskExecutorPreference(test.channel.taskExecutor) {
      #expect(currentThreadName == "grpc-client")
      let answer = try await test.call()
      #expect(answer.message == [1, 2, 3])
      #expect(currentThreadName == "grpc-client")
    }
    #expect(try await test.call().message == [1, 2, 3])
    #expect(currentThreadName != "grpc-client")
    await test.server.shutdown()
  }

  @Test("Many tasks, with unary calls and streams")
  func manyTasks() async throws {
    let test = try TestServer()
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
    await test.server.shutdown()
  }

  private static func block(on semaphore: DispatchSemaphore) { semaphore.wait() }

  @Test("A task that blocks its thread holds up no call, neither there nor on Swift's pool")
  func blocking() async throws {
    let test = try TestServer()
    let release = DispatchSemaphore(value: 0)
    let hasBegun = Gate()
    let blocked = Task(executorPreference: test.channel.taskExecutor) {
      hasBegun.open()
      Self.block(on: release)
      return currentThreadName
    }
    await hasBegun.pass()
    #expect(try await test.call().message == [1, 2, 3])
    _ = try await withTaskExecutorPreference(test.channel.taskExecutor) { try await test.call() }
    release.signal()
    #expect(await blocked.value == "grpc-client")
    await test.server.shutdown()
  }

  @Test("On a channel that is closed, tasks run on Swift's pool")
  func closed() async throws {
    let channel = try Channel(target: "127.0.0.1:1")
    channel.close()
    await withTaskExecutorPreference(channel.taskExecutor) { #expect(currentThreadName != "grpc-client") }
  }
}
