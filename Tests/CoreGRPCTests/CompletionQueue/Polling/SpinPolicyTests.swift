import Testing

@testable import CoreGRPC

@Suite("Whether a thread waits without sleeping", .timeLimit(.minutes(5)))
struct SpinPolicyTests {
  /// Returns the number of times that it spun, of many.
  private func activeCount(_ busyWait: inout SpinPolicy, of count: Int = 1_000, succeeds: (Int) -> Bool) -> Int {
    var activeCount = 0
    for index in 0..<count where busyWait.begin() {
      activeCount += 1
      busyWait.end(hadEvent: succeeds(index))
    }
    return activeCount
  }

  @Test("Always, if so configured and as long as that pays")
  func always() {
    var busyWait = SpinPolicy(.always)
    #expect(activeCount(&busyWait) { _ in true } == 1_000)
    #expect(activeCount(&busyWait) { $0 % 3 > 0 } > 990)
  }

  @Test("Seldom, while events come later, and again when they come soon")
  func inVain() {
    var busyWait = SpinPolicy(.always)
    _ = activeCount(&busyWait, of: 100) { _ in false }
    #expect(activeCount(&busyWait) { _ in false } <= 1_000 / SpinPolicy.pause + 1)
    #expect(activeCount(&busyWait) { $0 % 3 == 0 } < 100)
    #expect(activeCount(&busyWait) { _ in true } > 900)
  }

  @Test("For streams, once after each time that a handler has begun to wait for its stream")
  func forStreams() {
    var busyWait = SpinPolicy(.forStreams)
    #expect(activeCount(&busyWait) { _ in true } == 0)
    busyWait.expectStream()
    #expect(activeCount(&busyWait) { _ in true } == 1)
  }

  @Test(
    "Messages go to and fro, and a stream may be silent",
    arguments: [Server.BusyPolling.never, .forStreams, .always]
  )
  func messages(_ busyPolling: Server.BusyPolling) async throws {
    var configuration = Server.Configuration()
    configuration.polling.busyPolling = busyPolling
    try await withStreamServer(configuration: configuration) { test in
      let answers = AsyncStream.makeStream(of: [UInt8].self)
      try await test.bidirectional { writer in
        var answer = answers.stream.makeAsyncIterator()
        for index in 0..<500 {
          // For longer than a thread waits actively.
          if index % 100 == 99 { try await Task.sleep(for: .microseconds(300)) }
          let message = [UInt8(index & 255)]
          try await writer.write(message)
          #expect(await answer.next() == message)
        }
      } onResponse: { response in
        for try await message in response.messages { answers.continuation.yield(message) }
      }
    }
  }

  @Test("Never, if so configured")
  func never() {
    var busyWait = SpinPolicy(.never)
    busyWait.expectStream()
    #expect(activeCount(&busyWait) { _ in true } == 0)
  }
}
