import Synchronization
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Replies that are started together", .timeLimit(.minutes(5)))
struct CombinedStartTests {
  @Test("C-core starts them as it writes the first one, and each once")
  func withinCore() async throws {
    let starts = Starts()
    let test = try TestServer { request, _ in
      // On the thread that polls; what is held here is started with the replies.
      if request.message[0] % 2 == 1, let thread = PollerThread.current, thread.hold(HeldOperation(starts)) {
        starts.expected.add(1, ordering: .relaxed)
      }
      return ServerResponse(message: request.message)
    }
    for _ in 0..<1_000 where starts.withinCore.load(ordering: .relaxed) == 0 {
      try await answersMatch(test, count: 64)
    }
    await test.server.shutdown()
    #expect(starts.withinCore.load(ordering: .relaxed) > 0)
    let started = starts.withinCore.load(ordering: .relaxed) + starts.others.load(ordering: .relaxed)
    #expect(started == starts.expected.load(ordering: .relaxed))
  }

  @Test("Each call gets its own answer", arguments: [false, true], [Compression.Algorithm.identity, .gzip])
  func answers(overTLS: Bool, compression: Compression.Algorithm) async throws {
    let certificates = try await TestCertificates()
    let test = try TestServer(
      on: overTLS ? "localhost:0" : "127.0.0.1:0",
      credentials: overTLS ? .tls(identity: certificates.server) : .insecure,
      channelCredentials: overTLS ? .tls(trustRoots: certificates.trustRoots) : .insecure
    ) { request, _ in
      switch request.message[0] % 8 {
      case 0: throw RPCError(code: .notFound, message: "\(request.message[0])")
      // More than fits in one frame of HTTP/2.
      case 1: ServerResponse(message: [UInt8](repeating: request.message[0], count: 50_000), compression: compression)
      default: ServerResponse(message: request.message, compression: compression)
      }
    }
    for _ in 0..<20 { try await answersMatch(test, count: 64) }
    await test.server.shutdown()
  }

  @Test("Calls that their clients give up do not keep others from being answered")
  func cancelled() async throws {
    let test = try TestServer()
    for _ in 0..<20 {
      await withTaskGroup { group in
        for index in UInt8(0)..<64 {
          group.addTask {
            let options = CallOptions(timeout: index % 4 == 0 ? .microseconds(100 * Int(index)) : .seconds(60))
            let error = await rpcError { () async throws(RPCError) in try await test.call([index], options: options) }
            #expect(error == nil || index % 4 == 0, "\(String(describing: error))")
          }
        }
      }
    }
    await test.server.shutdown()
  }

  /// Makes calls at the same time, and expects of each what the servers above answer.
  private func answersMatch(_ test: TestServer, count: UInt8) async throws {
    try await withThrowingTaskGroup { group in
      for index in 0..<count {
        group.addTask {
          do throws(RPCError) {
            let message = try await test.call([index]).message
            #expect(!message.isEmpty && message.allSatisfy { $0 == index })
          } catch {
            #expect(error.code == .notFound && error.message == "\(index)", "\(error)")
          }
        }
      }
      try await group.waitForAll()
    }
  }
}

/// How often operations were started, and how often they were to be.
private final class Starts: Sendable {
  let expected = Atomic(0)
  let withinCore = Atomic(0)
  let others = Atomic(0)
}

private final class HeldOperation: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  private let starts: Starts

  init(_ starts: Starts) { self.starts = starts }

  override func startHeldBack() { starts.others.add(1, ordering: .relaxed) }

  override func startHeldBackWithinCore() { starts.withinCore.add(1, ordering: .relaxed) }
}
