import Synchronization
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Replies that are started together", .timeLimit(.minutes(5)))
struct CombinedStartTests {
  @Test("C-core starts them as it writes the first one, and each once")
  func withinCore() async throws {
    let starts = Starts()
    let test = try TestServer { request, context in
      // On the thread that polls; what is held here is started with the replies.
      let operation = HeldOperation(starts, on: context.call.connection)
      if request.message[0] % 2 == 1, let thread = PollerThread.current, thread.hold(operation) {
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

  @Test("Those on one connection are started together, if they are enough")
  func byConnection() {
    let most = OpaquePointer(bitPattern: 16).map(ConnectionIdentity.init)
    let enough = OpaquePointer(bitPattern: 32).map(ConnectionIdentity.init)
    let few = OpaquePointer(bitPattern: 48).map(ConnectionIdentity.init)
    let leastCount = CombinedStart.leastCount
    let all =
      Array(repeating: few, count: leastCount - 1) + Array(repeating: enough, count: leastCount)
      + Array(repeating: most, count: 3 * leastCount) + [nil]
    for _ in 0..<20 {
      let groups = Groups()
      CombinedStart.start(([most] + all).shuffled().map { GroupedOperation(groups, $0) })
      let counts = groups.started.withLock { $0 }
      #expect(counts[most] == [3 * leastCount + 1])
      #expect(counts[enough] == [leastCount])
      #expect(counts[few] == Array(repeating: 1, count: leastCount - 1))
      #expect(counts[nil] == [1])
    }
  }

  @Test("Too few are started one by one, and so is what has no connection")
  func alone() {
    let connection = OpaquePointer(bitPattern: 16).map(ConnectionIdentity.init)
    for (count, connection) in [(CombinedStart.leastCount - 1, connection), (3 * CombinedStart.leastCount, nil)] {
      let groups = Groups()
      CombinedStart.start((0..<count).map { _ in GroupedOperation(groups, connection) })
      #expect(groups.started.withLock { $0 } == [connection: Array(repeating: 1, count: count)])
    }
  }

  @Test("One that can starts the others, wherever it is among them")
  func leader() {
    let connection = OpaquePointer(bitPattern: 16).map(ConnectionIdentity.init)
    let other = OpaquePointer(bitPattern: 32).map(ConnectionIdentity.init)
    let count = CombinedStart.leastCount
    for leader in 0..<count {
      for others in [[], Array(repeating: other, count: count)] {
        let groups = Groups()
        let operations = (0..<count).map { GroupedOperation(groups, connection, canStartOthers: $0 == leader) }
        CombinedStart.start(operations + others.map { GroupedOperation(groups, $0) })
        let counts = groups.started.withLock { $0 }
        #expect(counts[connection] == [count])
        #expect(counts[other] == (others.isEmpty ? nil : [count]))
        #expect(operations.indices.filter { operations[$0].hasStartedOthers } == [leader])
      }
    }
  }

  @Test("The calls on a connection have one identity, those on another one another")
  func connections() async throws {
    let seen = Mutex<[UInt8: Set<ConnectionIdentity?>]>([:])
    let test = try TestServer { request, context in
      let connection = context.call.connection
      seen.withLock { _ = $0[request.message[0], default: []].insert(connection) }
      return ServerResponse(message: request.message)
    }
    var configuration = Channel.Configuration()
    configuration.usesLocalSubchannelPool = true
    let other = try Channel(target: test.address.description, credentials: .insecure, configuration: configuration)
    for _ in 0..<10 {
      _ = try await test.call([1])
      _ = try await other.echo([2])
    }
    let first = try #require(seen.withLock { $0[1] })
    let second = try #require(seen.withLock { $0[2] })
    #expect(first.count == 1 && second.count == 1 && first.isDisjoint(with: second))
    #expect(!first.contains(nil) && !second.contains(nil))
    await test.server.shutdown()
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
  override var combiningConnection: ConnectionIdentity? { own }
  private let own: ConnectionIdentity?

  init(_ starts: Starts, on connection: ConnectionIdentity?) {
    self.starts = starts
    own = connection
  }

  override func startHeldBack() { starts.others.add(1, ordering: .relaxed) }

  override func startHeldBackWithinCore() { starts.withinCore.add(1, ordering: .relaxed) }
}

/// How many operations were started together, by connection.
private final class Groups: Sendable {
  let started = Mutex<[ConnectionIdentity?: [Int]]>([:])
}

private final class GroupedOperation: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  override var combiningConnection: ConnectionIdentity? { own }
  private let own: ConnectionIdentity?
  override var canStartOthers: Bool { can }
  private let can: Bool
  private let groups: Groups
  private let startedOthers = Atomic(false)

  init(_ groups: Groups, _ connection: ConnectionIdentity?, canStartOthers: Bool = true) {
    self.groups = groups
    own = connection
    can = canStartOthers
  }

  var hasStartedOthers: Bool { startedOthers.load(ordering: .relaxed) }

  override func startHeldBack() { add(1) }

  override func startHeldBack(with others: ArraySlice<Operation>) {
    #expect(others.allSatisfy { $0.combiningConnection == own })
    startedOthers.store(true, ordering: .relaxed)
    add(others.count + 1)
  }

  private func add(_ count: Int) { groups.started.withLock { $0[own, default: []].append(count) } }
}
