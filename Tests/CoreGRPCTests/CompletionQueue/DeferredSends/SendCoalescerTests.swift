import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Replies that are coalesced", .timeLimit(.minutes(5)))
struct SendCoalescerTests {
  private let queue = CompletionQueue(name: "test", threads: 1)
  private var executor: PollerExecutor { queue.executor }

  @Test("C-core starts them as it writes the first one, and none is lost")
  func withinCore() async throws {
    let starts = Starts()
    // A new server now and then: a method whose handlers are slow leaves the polling threads, where alone sends are
    // deferred.
    for _ in 0..<50 where starts.withinCore.load(ordering: .relaxed) == 0 {
      try await withTestServer { request, context in
        // On the thread that polls; what is deferred here is started with the replies.
        let send = CountedSend(starts, on: context.call?.connection)
        if request.message[0] % 2 == 1, let thread = Poller.current, thread.defer(send) {
          starts.expected.add(1, ordering: .relaxed)
        }
        return ServerResponse(message: request.message)
      } body: { test in
        for _ in 0..<20 where starts.withinCore.load(ordering: .relaxed) == 0 {
          try await answersMatch(test, count: 64)
        }
      }
    }
    #expect(starts.withinCore.load(ordering: .relaxed) > 0)
    let started = starts.withinCore.load(ordering: .relaxed) + starts.others.load(ordering: .relaxed)
    #expect(started == starts.expected.load(ordering: .relaxed))
  }

  @Test("Those on one connection are started together, if they are enough")
  func byConnection() {
    let most = OpaquePointer(bitPattern: 16).map(ConnectionIdentity.init)
    let enough = OpaquePointer(bitPattern: 32).map(ConnectionIdentity.init)
    let few = OpaquePointer(bitPattern: 48).map(ConnectionIdentity.init)
    let leastCount = SendCoalescer.leastCount
    let all =
      Array(repeating: few, count: leastCount - 1) + Array(repeating: enough, count: leastCount)
      + Array(repeating: most, count: 3 * leastCount) + [nil]
    for _ in 0..<20 {
      let groups = Groups()
      SendCoalescer.start(([most] + all).shuffled().map { GroupedSend(groups, $0) }, executor: executor)
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
    for (count, connection) in [(SendCoalescer.leastCount - 1, connection), (3 * SendCoalescer.leastCount, nil)] {
      let groups = Groups()
      SendCoalescer.start((0..<count).map { _ in GroupedSend(groups, connection) }, executor: executor)
      #expect(groups.started.withLock { $0 } == [connection: Array(repeating: 1, count: count)])
    }
  }

  @Test("One that can lead leads, wherever it is among them")
  func leader() {
    let connection = OpaquePointer(bitPattern: 16).map(ConnectionIdentity.init)
    let other = OpaquePointer(bitPattern: 32).map(ConnectionIdentity.init)
    let count = SendCoalescer.leastCount
    for leader in 0..<count {
      for others in [[], Array(repeating: other, count: count)] {
        let groups = Groups()
        let sends = (0..<count).map { GroupedSend(groups, connection, canLead: $0 == leader) }
        SendCoalescer.start(sends + others.map { GroupedSend(groups, $0) }, executor: executor)
        let counts = groups.started.withLock { $0 }
        #expect(counts[connection] == [count])
        #expect(counts[other] == (others.isEmpty ? nil : [count]))
        #expect(sends.indices.filter { sends[$0].hasLed } == [leader])
      }
    }
  }

  @Test(
    "Each is started once, whether C-core starts it or not, and also if it cannot be started there",
    arguments: [true, false]
  )
  fileprivate func once(coreDestroysSlice: Bool) async {
    let gates = (0..<SendCoalescer.leastCount).map { _ in Gate() }
    let sends = gates.indices.map { index in
      NotedSend(
        canLead: index == 3,
        core: coreDestroysSlice ? .destroys : .keeps,
        isBusy: index % 2 == 0,
        done: gates[index]
      )
    }
    SendCoalescer.start(sends, executor: executor)
    // Those that are busy are left to a polling thread.
    for gate in gates { await gate.pass() }
    for (index, send) in sends.enumerated() {
      let expected: NotedSend.Start =
        index == 3 ? .leading : coreDestroysSlice && index % 2 == 1 ? .withinCore : .deferred
      #expect(send.starts.withLock { $0 } == [expected])
    }
  }

  @Test(
    "None is released within C-core, also if the leader's thread is done before C-core has started all",
    arguments: [true, false]
  )
  func release(flushEndsFirst: Bool) async {
    let count = SendCoalescer.leastCount
    let releases = Releases(expected: count)
    let coalescer = Locked<SendCoalescer?>(nil)
    do {
      let sends: [any DeferrableSend] = (0..<count).map { index in
        ReleasedSend(releases) {
          // As another thread would while C-core starts the others on this one.
          if flushEndsFirst, index == 3 { #expect(coalescer.withLock { $0 }?.endFlush().isEmpty == true) }
        }
      }
      coalescer.withLock { $0 = SendCoalescer(sends[...], executor) }
    }
    releases.threadWithinCore.withLock { $0 = pthread_self() }
    coalescer.withLock { $0 }?.startFollowersWithinCore()
    releases.threadWithinCore.withLock { $0 = nil }
    if !flushEndsFirst { #expect(coalescer.withLock { $0 }?.endFlush().isEmpty == true) }
    await releases.all.pass()
    #expect(releases.countWithinCore.value == 0)
  }

  @Test("The calls on a connection have one identity, those on another one another")
  func connections() async throws {
    let seen = Mutex<[UInt8: Set<ConnectionIdentity?>]>([:])
    try await withTestServer { request, context in
      let connection = context.call?.connection
      seen.withLock { _ = $0[request.message[0], default: []].insert(connection) }
      return ServerResponse(message: request.message)
    } body: { test in
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
    }
  }

  @Test("Each call gets its own answer", arguments: [false, true], [CompressionAlgorithm.identity, .gzip])
  func answers(overTLS: Bool, compression: CompressionAlgorithm) async throws {
    let certificates = try await TestCertificates()
    try await withTestServer(
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
    } body: { test in
      for _ in 0..<5 { try await answersMatch(test, count: 64) }
    }
  }

  @Test("Calls that their clients give up do not keep others from being answered")
  func cancelled() async throws {
    try await withTestServer { test in
      for _ in 0..<20 {
        await withTaskGroup { group in
          for index in UInt8(0)..<64 {
            group.addTask {
              let options = CallOptions(timeout: index % 4 == 0 ? .microseconds(100 * Int(index)) : .seconds(60))
              let error = await rpcError { try await test.call([index], options: options) }
              #expect(error == nil || index % 4 == 0, "\(String(describing: error))")
            }
          }
        }
      }
    }
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

/// The number of times that sends were started, and the number expected.
private final class Starts: Sendable {
  let expected = Atomic(0)
  let withinCore = Atomic(0)
  let others = Atomic(0)
}

/// Counts its first start alone: where a poller is relieved in the middle of a flush, two threads start what it has
/// deferred.
private final class CountedSend: DeferrableSend {
  private let starts: Starts
  private let hasStarted = Atomic(false)
  let coalescingConnection: ConnectionIdentity?
  let canLead = false

  init(_ starts: Starts, on connection: ConnectionIdentity?) {
    self.starts = starts
    coalescingConnection = connection
  }

  func startDeferred() {
    if isFirstStart() { starts.others.add(1, ordering: .relaxed) }
  }

  func startWithinCore() -> (@Sendable () -> Void)? {
    if isFirstStart() { starts.withinCore.add(1, ordering: .relaxed) }
    return nil
  }

  private func isFirstStart() -> Bool { !hasStarted.exchange(true, ordering: .relaxed) }
}

/// The numbers of sends that were started together, by connection.
private final class Groups: Sendable {
  let started = Mutex<[ConnectionIdentity?: [Int]]>([:])
}

private final class GroupedSend: DeferrableSend {
  let coalescingConnection: ConnectionIdentity?
  let canLead: Bool
  private let groups: Groups
  private let leads = Atomic(false)

  init(_ groups: Groups, _ connection: ConnectionIdentity?, canLead: Bool = true) {
    self.groups = groups
    coalescingConnection = connection
    self.canLead = canLead
  }

  var hasLed: Bool { leads.load(ordering: .relaxed) }

  func startDeferred() { add(1) }

  func startDeferred(leading coalescer: SendCoalescer) {
    let followers = coalescer.takeFollowers()
    #expect(followers.allSatisfy { $0.coalescingConnection == coalescingConnection })
    leads.store(true, ordering: .relaxed)
    add(followers.count + 1)
  }

  private func add(_ count: Int) { groups.started.withLock { $0[coalescingConnection, default: []].append(count) } }
}

/// Notes how it was started.
private final class NotedSend: DeferrableSend {
  enum Start { case deferred, leading, withinCore }

  /// The use that C-core makes of a coalescer's slice, if this send leads.
  enum Core { case destroys, keeps }

  let coalescingConnection = OpaquePointer(bitPattern: 16).map(ConnectionIdentity.init)
  let canLead: Bool
  private let core: Core
  private let isBusy: Bool
  private let done: Gate
  let starts = Mutex<[Start]>([])

  init(canLead: Bool = false, core: Core = .destroys, isBusy: Bool = false, done: Gate) {
    self.canLead = canLead
    self.core = core
    self.isBusy = isBusy
    self.done = done
  }

  func startDeferred() {
    starts.withLock { $0.append(.deferred) }
    done.open()
  }

  func startDeferred(leading followers: SendCoalescer) {
    starts.withLock { $0.append(.leading) }
    if core == .destroys { followers.startFollowersWithinCore() }
    done.open()
  }

  func startWithinCore() -> (@Sendable () -> Void)? {
    if isBusy { return { self.startDeferred() } }
    starts.withLock { $0.append(.withinCore) }
    done.open()
    return nil
  }
}

/// The releases of sends.
private final class Releases: Sendable {
  /// Open when all have been released.
  let all = Gate()
  /// The thread that is within C-core.
  let threadWithinCore = Locked<pthread_t?>(nil)
  let countWithinCore = Counter()
  private let left: Atomic<Int>

  init(expected: Int) { left = Atomic(expected) }

  func add() {
    if threadWithinCore.withLock({ $0 }) == pthread_self() { countWithinCore.add() }
    if left.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 { all.open() }
  }
}

/// Notes its release.
private final class ReleasedSend: DeferrableSend {
  private let releases: Releases
  private let onStart: @Sendable () -> Void

  init(_ releases: Releases, onStart: @escaping @Sendable () -> Void) {
    self.releases = releases
    self.onStart = onStart
  }

  deinit { releases.add() }

  func startDeferred() { onStart() }

  func startWithinCore() -> (@Sendable () -> Void)? {
    onStart()
    return nil
  }
}
