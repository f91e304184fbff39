import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

/// Orders of events that end the process when they go wrong, each in a process of its own.
@Suite("Orders that could crash", .serialized, .timeLimit(.minutes(5)))
struct CrashTests {
  @Test("A program ends while calls, streams and servers are in the middle of everything")
  func exitInTheMiddle() async {
    await #expect(processExitsWith: .success) {
      let arrived = Gate()
      let unary = try TestServer { request, _ in
        arrived.open()
        await waitForCancellation()
        return ServerResponse(message: request.message)
      }
      let stream = try StreamServer()
      Task { try await unary.call() }
      Task { try await stream.bidirectional(producer: { _ in await waitForCancellation() }, onResponse: { _ in }) }
      await arrived.pass()
      exit(0)
    }
  }

  @Test("The last reference to everything goes away inside of a handler")
  func letGoInHandler() async {
    await #expect(processExitsWith: .success) {
      final class Holder: Sendable {
        let test = Locked<TestServer?>(nil)
      }
      let holder = Holder()
      let test = try TestServer { request, _ in
        holder.test.withLock { $0 = nil }
        return ServerResponse(message: request.message)
      }
      let address = test.address.description
      holder.test.withLock { $0 = consume test }
      let error = await rpcError { try await Channel(target: address).echo() }?.code
      guard error == nil || error == .unavailable || error == .cancelled else { exit(1) }
      exit(0)
    }
  }

  @Test("C-core shuts down and starts again, over and over")
  func libraryCycles() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<30 {
        try await withTestServer { test in
          guard try await test.call().message == [1, 2, 3] else { exit(1) }
          test.channel.close()
        }
      }
      exit(0)
    }
  }

  @Test("When everything is released, C-core shuts down whole: under LeakSanitizer nothing is left behind")
  func nothingLeftBehind() async {
    await #expect(processExitsWith: .success) {
      do {
        try await withTestServer { unary in
          try await withStreamServer { stream in
            for _ in 0..<100 { _ = try await unary.call() }
            for _ in 0..<10 { _ = try await stream.echo([[1], [2]]) }
          }
        }
      }
      // The last threads release it by themselves; the suite's time limit bounds the wait.
      while Library.isInitialized { await Task.yield() }
      exit(0)
    }
  }

  @Test("Servers are shut down from many tasks at the same time, while they start and are called")
  func shutdownStorm() async {
    await #expect(processExitsWith: .success) {
      for _ in 0..<50 {
        let test = try TestServer()
        await withTaskGroup(of: Void.self) { group in
          for index in 0..<20 {
            group.addTask {
              switch index % 4 {
              case 0: await test.server.shutdown(gracePeriod: .zero)
              case 1: test.server.beginGracefulShutdown(gracePeriod: .milliseconds(1))
              case 2: _ = try? await test.call()
              default: _ = try? test.server.makeInProcessChannel()
              }
            }
          }
        }
      }
      exit(0)
    }
  }

  @Test("A stream's reader and writer are used when the call is long over")
  func staleStream() async {
    await #expect(processExitsWith: .success) {
      try await withStreamServer { test in
        let writers = Locked<[RPCWriter<[UInt8]>]>([])
        let messages = try await test.bidirectional { writer in
          writers.withLock { $0 = [writer] }
        } onResponse: { response in
          for try await _ in response.messages {}
          return response.messages
        }
        await test.server.shutdown()
        guard let writer = writers.withLock({ $0.first }) else { exit(1) }
        let written = await rpcError { try await writer.write([1]) }?.code
        var iterator = messages.makeAsyncIterator()
        let read = await rpcError { try await iterator.next(isolation: nil) }
        exit(written == .cancelled && read?.code == .cancelled ? 0 : 1)
      }
    }
  }

  @Test("A serializer that writes less than it announced is a mistake of the program, and ends it")
  func wrongSize() async {
    await #expect(processExitsWith: .failure) {
      _ = MessageBuffer(byteCount: 2) { output in output.append(1) }
    }
  }
}
